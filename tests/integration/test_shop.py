"""The example shop as a browser and an API client see it: one process, a real socket, each database."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from serving import SHOP, Served, databases, manage, serving

LOGIN = "/admin/login/"


def csrf_token(page: httpx2.Response) -> str:
    """The token of the page's form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def log_in(browser: httpx2.Client) -> httpx2.Response:
    """Log the seeded administrator in through the admin's own form."""
    form = {"username": "admin", "password": "test-password", "csrfmiddlewaretoken": csrf_token(browser.get(LOGIN))}
    return browser.post(LOGIN, params={"next": "/admin/"}, data=form, headers={"Referer": str(browser.base_url)})


def find(client: httpx2.Client, sku: str) -> dict[str, Any]:
    """The product with that SKU, as the API shows it."""
    product: dict[str, Any] = client.get("/api/products", params={"q": sku}).json()["items"][0]
    return product


def test_async_handlers(shop: Served) -> None:
    """Search and retrieval go through the asynchronous ORM."""
    with shop.client() as client:
        page = client.get("/api/products", params={"q": "bread"}).json()
        assert [product["name"] for product in page["items"]] == ["Bread Knife", "Bread from Scratch"]

        product = page["items"][0]
        assert client.get(f"/api/products/{product['id']}").json() == product


def test_sync_handlers(shop: Served) -> None:
    """A `def` handler uses the synchronous ORM on a pool thread."""
    with shop.client() as client:
        assert {category["slug"] for category in client.get("/api/categories").json()} == {"books", "garden", "kitchen"}


def test_orders_are_transactions(shop: Served) -> None:
    """A refused order leaves no trace; an accepted one is read back."""
    with shop.client() as client:
        bread, repair = (find(client, sku) for sku in ("BOOK-2", "BOOK-3"))
        order = {"name": "Bo", "email": "bo@example.org", "lines": [{"product_id": bread["id"]}]}

        too_much = {**order, "lines": [*order["lines"], {"product_id": repair["id"]}]}
        assert client.post("/api/orders", json=too_much).status_code == 409
        assert client.get(f"/api/products/{bread['id']}").json()["stock"] == bread["stock"]

        placed = client.post("/api/orders", json=order)
        assert placed.status_code == 201
        assert client.get(f"/api/orders/{placed.json()['id']}").json() == placed.json()
        assert client.get(f"/api/products/{bread['id']}").json()["stock"] == bread["stock"] - 1


def test_sync_stream(shop: Served) -> None:
    """The export arrives chunked and whole."""
    with shop.client() as client, client.stream("GET", "/api/products.csv") as response:
        assert response.headers["transfer-encoding"] == "chunked"
        assert len(list(response.iter_lines())) == 8


def test_async_stream(shop: Served) -> None:
    """Events arrive one by one: the second is an hour away, and the first is here."""
    with shop.client() as client:
        params = {"updates": 1000, "interval": 60}
        with client.stream("GET", "/api/stock/events", params=params) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            event = next(response.iter_text())
        assert json.loads(event.removeprefix("data: "))

        # Leaving the stream cost nobody anything.
        assert client.get("/health").text == "ok"


def test_error_routes(shop: Served) -> None:
    """404, 405, 422 and 409 are JSON with a detail; a bug is a 500, with its traceback in the log."""
    with shop.client() as client:
        assert client.get("/api/products/999999").json() == {"detail": "Product 999999 not found"}
        wrong_method = client.delete("/api/products")
        assert wrong_method.status_code == 405
        assert "GET" in wrong_method.headers["allow"]
        assert client.get("/api/products", params={"page": "one"}).json()["detail"][0]["loc"] == ["query", "page"]

        assert client.get("/broken").status_code == 500
        assert client.get("/health").text == "ok"
    shop.printed("this route is broken on purpose")


def test_without_debug_a_bug_tells_nothing(tmp_path: Path) -> None:
    """In production the reply to a bug names neither the exception nor the code."""
    with databases("sqlite", tmp_path) as url:
        manage(SHOP, "migrate", "--verbosity", "0", DATABASE_URL=url)
        with serving(SHOP, DATABASE_URL=url, DEBUG="0", SECRET_KEY="x" * 50) as served, served.client() as client:
            broken = client.get("/broken")

            assert broken.status_code == 500
            assert broken.json() == {"detail": "Internal Server Error"}
            served.printed("this route is broken on purpose")


def test_text_html_and_redirects(shop: Served) -> None:
    """Each response class sends its media type or place."""
    with shop.client() as client:
        assert client.get("/health").headers["content-type"] == "text/plain; charset=utf-8"
        assert client.get("/about").headers["content-type"] == "text/html; charset=utf-8"
        assert re.fullmatch(r"/api/products/\d+", client.get("/newest").headers["location"])


def test_head_and_options(shop: Served) -> None:
    """HEAD is GET without a body, and OPTIONS says what there is."""
    with shop.client() as client:
        lengths = {client.request(method, "/api/products").headers["content-length"] for method in ("GET", "HEAD")}
        assert len(lengths) == 1
        assert "POST" in client.options("/api/orders").headers["allow"]


def test_django_serves_the_rest(shop: Served) -> None:
    """What no route matches is Django's: pages, static files, its redirect to the slash, its 404."""
    with shop.client() as client:
        home = client.get("/")
        assert "Cast-iron Pan" in home.text
        stylesheet = re.search(r'href="([^"]+\.css)"', home.text)
        assert stylesheet is not None
        assert client.get(stylesheet[1]).headers["content-type"] == "text/css"
        assert client.get("/stock/import").headers["location"] == "/stock/import/"
        assert client.get("/nothing/here/").status_code == 404


def test_edit_in_the_admin_and_read_through_the_api(shop: Served) -> None:
    """Log into the admin, change a price, and the API tells the new one."""
    with shop.client(follow_redirects=True) as browser:
        assert "Site administration" in log_in(browser).text

        product = find(browser, "GARDEN-1")
        address = f"/admin/catalog/product/{product['id']}/change/"
        form_page = browser.get(address)
        category = re.search(r'<option value="(\d+)" selected', form_page.text)
        assert category is not None
        form = {
            "csrfmiddlewaretoken": csrf_token(form_page),
            "category": category[1],
            "sku": product["sku"],
            "name": product["name"],
            "description": "",
            "price": "99.95",
            "stock": "4",
        }
        assert "was changed successfully" in browser.post(address, data=form, headers={"Referer": shop.url}).text

        changed = browser.get(f"/api/products/{product['id']}").json()
        assert (changed["price"], changed["stock"]) == ("99.95", 4)


def test_a_form_without_its_token_is_refused(shop: Served) -> None:
    """Django's CSRF protection stands."""
    with shop.client() as browser:
        assert browser.post(LOGIN, data={"username": "admin", "password": "test-password"}).status_code == 403


def test_upload(shop: Served) -> None:
    """A file goes through Django's own form into the database."""
    with shop.client(follow_redirects=True) as browser:
        log_in(browser)
        page = browser.get("/stock/import/")
        done = browser.post(
            "/stock/import/",
            data={"csrfmiddlewaretoken": csrf_token(page)},
            files={"file": ("stock.csv", b"sku,stock\nBOOK-1,77\n")},
            headers={"Referer": shop.url},
        )
        assert "Stock of 1 products set." in done.text
        assert find(browser, "BOOK-1")["stock"] == 77


def test_a_photo_goes_up_and_comes_down(shop: Served) -> None:
    """Larger than what is kept in memory: through a temporary file into the model, and from disk to the client."""
    content = bytes(range(256)) * 15_000
    with shop.client() as client:
        address = f"/api/products/{find(client, 'KITCHEN-1')['id']}/photo"
        for _ in range(2):
            sent = client.put(address, files={"photo": ("pan.png", content)}, headers={"X-Staff-Key": "staff"})
            assert sent.json()["photo"] == address
        assert client.get(address).content == content


def test_an_order_is_confirmed_and_watched(shop: Served) -> None:
    """The mail is printed after the reply; a change in the admin's database reaches who watches."""
    with shop.client(follow_redirects=True) as browser:
        line = {"product_id": find(browser, "GARDEN-2")["id"]}
        order = {"name": "Cy", "email": "cy@example.org", "lines": [line]}
        number = browser.post("/api/orders", json=order).json()["id"]
        shop.printed(f"Subject: Your order {number}")

        log_in(browser)
        with browser.stream("GET", f"/api/orders/{number}/events", params={"interval": 0.05}) as response:
            lines = response.iter_lines()
            assert "id: new" in lines
            page = browser.get("/admin/orders/order/")
            form = {
                "csrfmiddlewaretoken": csrf_token(page),
                "action": "mark_shipped",
                "_selected_action": str(number),
            }
            browser.post("/admin/orders/order/", data=form, headers={"Referer": shop.url})
            assert "id: shipped" in lines


@pytest.mark.parametrize("path", ["/api/products", "/api/categories"])
def test_many_requests_on_one_connection(shop: Served, path: str) -> None:
    """A kept-alive connection gives the same answer each time."""
    with shop.client() as client:
        answers = {client.get(path).text for _ in range(50)}

    assert len(answers) == 1
