"""What the tests share: a product to sell."""

from decimal import Decimal

import pytest
from catalog.models import Category, Product


@pytest.fixture
def product(db: None) -> Product:
    """A product of which three are left."""
    books = Category.objects.create(name="Books", slug="books")
    return Product.objects.create(category=books, sku="B-1", name="Bread", price=Decimal("19.50"), stock=3)
