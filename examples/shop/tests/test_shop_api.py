"""The routes of the project itself."""

from collections.abc import Iterator

import pytest
from catalog.models import Product
from django_bolt.testing import TestClient
from shop.api import api as shop_api


@pytest.fixture
def api() -> Iterator[TestClient]:
    """A client of the project's own routes."""
    with TestClient(shop_api) as client:
        yield client


def test_newest(api: TestClient, product: Product) -> None:
    """The redirect leads to the product."""
    response = api.get("/newest")

    assert response.status_code == 302
    assert response.headers["location"] == f"/api/products/{product.pk}"


def test_newest_of_nothing(api: TestClient, db: None) -> None:
    """An empty shop has no newest product."""
    assert api.get("/newest").status_code == 404


def test_pages_without_a_database(api: TestClient) -> None:
    """Text and HTML come with their media types; pytest-django would fail the test if one queried."""
    assert api.get("/health").text == "ok"
    assert api.get("/about").headers["content-type"].startswith("text/html")


def test_a_bug_is_a_plain_500(caplog: pytest.LogCaptureFixture) -> None:
    """The client learns nothing; the log has the exception."""
    with TestClient(shop_api, raise_server_exceptions=False) as api:
        response = api.get("/broken")

    assert response.status_code == 500
    assert "purpose" not in response.text
    assert "broken on purpose" in caplog.text
