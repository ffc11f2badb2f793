"""The orders' API, in Django's style: a TestCase, whose transaction every handler shares."""

from decimal import Decimal
from typing import Any

from catalog.models import Category, Product
from django.core import mail
from django.test import TestCase
from django_bolt.testing import TestClient
from orders.api import api
from orders.models import Customer, Order


class OrdersTest(TestCase):
    """Placing and reading orders."""

    @classmethod
    def setUpTestData(cls) -> None:
        """Stock two products."""
        books = Category.objects.create(name="Books", slug="books")
        cls.bread = Product.objects.create(category=books, sku="B-1", name="Bread", price=Decimal("19.50"), stock=3)
        cls.birds = Product.objects.create(category=books, sku="B-2", name="Birds", price=Decimal("24.90"), stock=1)

    def setUp(self) -> None:
        """Open a client."""
        self.api = TestClient(api)
        self.addCleanup(self.api.close)

    def order(self, *lines: tuple[int, int], email: str = "ada@example.org") -> Any:
        """Send an order of (product id, quantity) lines."""
        body = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in lines]
        return self.api.post("/api/orders", json={"name": "Ada", "email": email, "lines": body})

    def test_place(self) -> None:
        """An order is 201, has a total, and takes what it sold out of stock."""
        response = self.order((self.bread.pk, 2), (self.birds.pk, 1))

        assert response.status_code == 201
        assert response.json()["total"] == "63.90"
        self.bread.refresh_from_db()
        assert self.bread.stock == 1

    def test_too_much(self) -> None:
        """An order for more than there is changes nothing at all."""
        response = self.order((self.bread.pk, 1), (self.birds.pk, 2))

        assert response.status_code == 409
        assert response.json() == {"detail": "Only 1 of Birds left"}
        self.bread.refresh_from_db()
        assert self.bread.stock == 3
        assert not Order.objects.exists()
        assert not Customer.objects.exists()

    def test_confirmation(self) -> None:
        """The customer is written to once the order is committed, and not about one that was refused."""
        with self.captureOnCommitCallbacks(execute=True):
            placed = self.order((self.bread.pk, 2)).json()
            self.order((self.birds.pk, 2))

        # What is run in the background ends before the client is closed.
        self.api.close()
        (mail_,) = mail.outbox
        assert mail_.to == ["ada@example.org"]
        assert mail_.subject == f"Your order {placed['id']}"
        assert "2 × Bread: 39.00" in mail_.body

    def test_events(self) -> None:
        """A watcher is told the status, each change of it, and the end."""
        place = f"/api/orders/{self.order((self.bread.pk, 1)).json()['id']}/events?interval=0.01"
        with self.api.sse(place) as source:
            events = iter(source)
            assert next(events).json()["status"] == "new"
            Order.objects.update(status=Order.Status.SHIPPED)
            assert [(event.event, event.id) for event in events] == [("status", "shipped")]

    def test_events_of_one_who_comes_back(self) -> None:
        """What was seen is not sent again, and after the last there is no reason to come back."""
        place = f"/api/orders/{self.order((self.bread.pk, 1)).json()['id']}/events"
        Order.objects.update(status=Order.Status.CANCELLED)

        with self.api.sse(place, last_event_id="new") as source:
            assert [event.id for event in source] == ["cancelled"]
        assert self.api.get(place, headers={"Last-Event-ID": "cancelled"}).status_code == 204
        assert self.api.get("/api/orders/1000/events").status_code == 404

    def test_lines_of_one_product_add_up(self) -> None:
        """Two lines for a product are one line of both, and its stock is checked once."""
        assert self.order((self.bread.pk, 2), (self.bread.pk, 2)).status_code == 409
        assert len(self.order((self.bread.pk, 1), (self.bread.pk, 2)).json()["lines"]) == 1

    def test_unknown_product(self) -> None:
        """A product that does not exist is refused."""
        assert self.order((10**6, 1)).status_code == 409

    def test_one_customer_per_address(self) -> None:
        """A second order of one address makes no second customer."""
        self.order((self.bread.pk, 1))
        self.order((self.bread.pk, 1))

        assert Customer.objects.count() == 1

    def test_invalid_orders(self) -> None:
        """What is wrong with the body is 422 and names the field."""
        cases = [
            ({"lines": []}, "lines"),
            ({"email": "nobody"}, "email"),
            ({"name": ""}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"lines": [{"product_id": self.bread.pk, "quantity": 0}]}, "quantity"),
        ]
        for change, field in cases:
            with self.subTest(field=field):
                body = {"name": "Ada", "email": "a@b.c", "lines": [{"product_id": self.bread.pk}], **change}
                response = self.api.post("/api/orders", json=body)
                assert response.status_code == 422
                assert field in str(response.json()["detail"])
        assert not Order.objects.exists()

    def test_retrieve(self) -> None:
        """A placed order is read back by the asynchronous handler, and an unknown one is 404."""
        placed = self.order((self.bread.pk, 1)).json()

        assert self.api.get(f"/api/orders/{placed['id']}").json() == placed
        assert self.api.get(f"/api/orders/{placed['id'] + 1}").status_code == 404

    def test_list_by_status(self) -> None:
        """The list holds the orders of the status asked for, and a status that is none is 422."""
        self.order((self.bread.pk, 1))

        assert len(self.api.get("/api/orders", params={"status": "new"}).json()) == 1
        assert self.api.get("/api/orders", params={"status": "paid"}).json() == []
        assert self.api.get("/api/orders", params={"status": "lost"}).status_code == 422
