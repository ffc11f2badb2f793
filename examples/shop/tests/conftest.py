"""What the tests share: a product to sell."""

from decimal import Decimal
from pathlib import Path

import pytest
from catalog.models import Category, Product
from pytest_django import Settings


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """A folder of the test's own for uploaded files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def product(db: None) -> Product:
    """A product of which three are left."""
    books = Category.objects.create(name="Books", slug="books")
    return Product.objects.create(category=books, sku="B-1", name="Bread", price=Decimal("19.50"), stock=3)
