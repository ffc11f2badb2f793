"""What the catalogue's API says: one Struct per shape of JSON."""

from decimal import Decimal

import msgspec

from catalog.models import Category, Product


class CategoryOut(msgspec.Struct):
    """A category and how many products it holds."""

    name: str
    slug: str
    products: int


class ProductOut(msgspec.Struct):
    """A product as a customer sees it; the price is a string, for JSON numbers are not decimal."""

    id: int
    sku: str
    name: str
    category: str
    price: Decimal
    stock: int

    @classmethod
    def of(cls, product: Product) -> "ProductOut":
        """Build from *product*, whose category must be loaded: an async handler may not query for it here."""
        return cls(
            id=product.pk,
            sku=product.sku,
            name=product.name,
            category=product.category.slug,
            price=product.price,
            stock=product.stock,
        )


class ProductPage(msgspec.Struct):
    """One page of a search."""

    items: list[ProductOut]
    total: int
    page: int


class StockLevel(msgspec.Struct):
    """How many of a product are left."""

    sku: str
    stock: int


def category_out(category: Category, products: int) -> CategoryOut:
    """Build the output for *category*, which holds that many *products*."""
    return CategoryOut(name=category.name, slug=category.slug, products=products)
