"""The catalogue's API, in pytest's style."""

import csv
import json
from collections.abc import Iterator

import pytest
from catalog.api import api as catalog_api
from catalog.models import Category, Product
from django_bolt.testing import TestClient


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


def test_a_catalogue_without_products(api: TestClient, db: None) -> None:
    """An empty shop has an empty page and an export with a header."""
    assert api.get("/api/products").json() == {"items": [], "total": 0, "page": 1}
    assert api.get("/api/products.csv").text == "sku,name,price,stock\r\n"
