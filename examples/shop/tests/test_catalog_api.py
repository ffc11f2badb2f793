"""The catalogue's API, in pytest's style."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from catalog.api import api as catalog_api
from catalog.models import Category, Product
from django_bolt.testing import TestClient
from pytest_django import Settings


@pytest.fixture
def api() -> Iterator[TestClient]:
    """A client of the catalogue's routes."""
    with TestClient(catalog_api) as client:
        yield client


def test_categories_are_counted(api: TestClient, product: Product) -> None:
    """The synchronous list tells how many products each category holds."""
    Category.objects.create(name="Empty", slug="empty")

    assert api.get("/api/categories").json() == [
        {"name": "Books", "slug": "books", "products": 1},
        {"name": "Empty", "slug": "empty", "products": 0},
    ]


def test_retrieve(api: TestClient, product: Product) -> None:
    """The asynchronous handler sees what the test has created; a price is exact, so a string."""
    assert api.get(f"/api/products/{product.pk}").json() == {
        "id": product.pk,
        "sku": "B-1",
        "name": "Bread",
        "category": "books",
        "price": "19.50",
        "stock": 3,
        "photo": None,
    }


@pytest.mark.django_db
def test_retrieve_of_nothing(api: TestClient) -> None:
    """An unknown id is 404 with the id in its detail."""
    response = api.get("/api/products/41")

    assert response.status_code == 404
    assert response.json() == {"detail": "Product 41 not found"}


@pytest.mark.parametrize(
    ("params", "total"),
    [
        ({}, 1),
        ({"q": "bre"}, 1),
        ({"q": "b-1"}, 1),
        ({"q": "cake"}, 0),
        ({"category": "books"}, 1),
        ({"category": "garden"}, 0),
        ({"max_price": "19.49"}, 0),
        ({"max_price": "19.50"}, 1),
        ({"in_stock": "true"}, 1),
        ({"page": 2}, 1),
    ],
)
def test_search(api: TestClient, product: Product, params: dict[str, str], total: int) -> None:
    """Every criterion narrows the search."""
    assert api.get("/api/products", params=params).json()["total"] == total


@pytest.mark.parametrize("params", [{"page": "0"}, {"page": "one"}, {"max_price": "cheap"}, {"in_stock": "maybe"}])
def test_a_senseless_search_is_refused(api: TestClient, params: dict[str, str]) -> None:
    """A parameter of the wrong type is 422 and named, before any query runs."""
    response = api.get("/api/products", params=params)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", *params]


def test_export(api: TestClient, product: Product) -> None:
    """The export is CSV, streamed, with a name to save it under."""
    response = api.get("/api/products.csv")

    assert response.headers["content-type"].startswith("text/csv")
    assert "products.csv" in response.headers["content-disposition"]
    assert list(csv.reader(response.text.splitlines())) == [
        ["sku", "name", "price", "stock"],
        ["B-1", "Bread", "19.50", "3"],
    ]


def test_events(api: TestClient, product: Product) -> None:
    """Each event holds the stock of that moment: the sale between two of them shows."""
    response = api.get("/api/stock/events", params={"updates": 2, "interval": 0}, stream=True)
    events = list(response.iter_content(decode_unicode=True))
    levels = [json.loads(event.removeprefix("data: ")) for event in events]

    assert levels == [[{"sku": "B-1", "stock": 3}]] * 2


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def send_photo(api: TestClient, product: Product, kind: str = "image/png", key: str = "staff") -> httpx2.Response:
    """Upload a photo whose name would be a page to a browser."""
    files = {"photo": ("../evil.html", PNG, kind)}
    return api.put(f"/api/products/{product.pk}/photo", files=files, headers={"X-Staff-Key": key})


def test_photo(api: TestClient, product: Product, media: Path) -> None:
    """An uploaded photo is saved under a name of ours, and sent as what it is, whole, in part, and not again."""
    place = send_photo(api, product).json()["photo"]

    assert [path.name for path in media.rglob("*.*")] == [f"{product.pk}.png"]
    whole = api.get(place)
    assert (whole.content, whole.headers["content-type"]) == (PNG, "image/png")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert api.get(place, headers={"Range": "bytes=1-3"}).content == b"PNG"
    assert api.get(place, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_a_new_photo_replaces_the_old_one(media: Path) -> None:
    """Once the transaction is over, one file is left."""
    books = Category.objects.create(name="Books", slug="books")
    product = Product.objects.create(category=books, sku="B-1", name="Bread", price=1)
    with TestClient(catalog_api) as api:
        send_photo(api, product)
        send_photo(api, product, "image/WebP")

    product.refresh_from_db()
    assert [path.name for path in media.rglob("*.*")] == [f"{product.pk}.webp"]
    assert product.photo.name == f"photos/{product.pk}.webp"


@pytest.mark.parametrize(("kind", "key", "status"), [("text/html", "staff", 415), ("image/png", "guess", 403)])
def test_what_is_no_photo_or_not_from_the_staff_is_refused(
    api: TestClient, product: Product, media: Path, kind: str, key: str, status: int
) -> None:
    """And nothing is written."""
    assert send_photo(api, product, kind, key).status_code == status
    assert not list(media.rglob("*.*"))


def test_without_a_key_nobody_is_staff(api: TestClient, product: Product, settings: Settings) -> None:
    """An empty setting is no key that an empty field would fit."""
    settings.STAFF_KEY = ""

    assert send_photo(api, product, key="").status_code == 403


def test_a_product_without_a_photo(api: TestClient, product: Product) -> None:
    """Its photo is 404, and so is that of no product."""
    assert api.get(f"/api/products/{product.pk}/photo").json() == {"detail": f"Product {product.pk} has no photo"}
    assert api.get("/api/products/1000/photo").status_code == 404


def test_a_catalogue_without_products(api: TestClient, db: None) -> None:
    """An empty shop has an empty page and an export with a header."""
    assert api.get("/api/products").json() == {"items": [], "total": 0, "page": 1}
    assert api.get("/api/products.csv").text == "sku,name,price,stock\r\n"
