"""What the tests share: a product to sell, and a client of the API."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from catalog.api import api as catalog_api
from catalog.models import Category, Product
from django_bolt import BoltAPI
from django_bolt.testing import TestClient
from orders.api import api as orders_api
from shop.api import api as shop_api

project = BoltAPI()
for part in (catalog_api, orders_api, shop_api):
    project.include(part)


@pytest.fixture
def api() -> Iterator[TestClient]:
    """A client of all of the project's routes."""
    with TestClient(project) as client:
        yield client


@pytest.fixture
def product(db: None) -> Product:
    """A product of which three are left."""
    books = Category.objects.create(name="Books", slug="books")
    return Product.objects.create(category=books, sku="B-1", name="Bread", price=Decimal("19.50"), stock=3)
