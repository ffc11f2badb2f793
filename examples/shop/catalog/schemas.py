"""What the catalogue's API says: one Struct per shape of JSON."""

from decimal import Decimal
from typing import Annotated

import msgspec

from catalog.models import Category, Product

# PostgreSQL knows no NUL character; refused here, it is the client's 422 and not our 500.
SearchText = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00]*$")]


class ProductFilter(msgspec.Struct):
    """What a search may ask for; each field is a query parameter."""

    q: SearchText = ""
    category: SearchText | None = None
    max_price: Decimal | None = None
    in_stock: bool = False
    page: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


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
    photo: str | None

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
            photo=f"/api/products/{product.pk}/photo" if product.photo else None,
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
