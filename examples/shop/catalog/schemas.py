"""What the catalogue's API asks and says: one class per shape of JSON."""

from decimal import Decimal
from typing import Annotated

import msgspec
from django_bolt.serializers import ModelSerializer, Serializer, field

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


class CategoryOut(ModelSerializer):
    """A category and how many products it holds, which the QuerySet counts."""

    products: int = field(source="product_count")

    class Meta:
        model = Category
        fields = ("name", "slug", "products")


class ProductOut(ModelSerializer):
    """A product as a customer sees it; the price is a string, for JSON numbers are not decimal."""

    category: str = field(source="category.slug")
    photo: str | None = field(source="photo_path")

    class Meta:
        model = Product
        fields = ("id", "sku", "name", "category", "price", "stock", "photo")


class ProductPage(Serializer):
    """One page of a search."""

    items: list[ProductOut]
    total: int
    page: int


class StockLevel(msgspec.Struct):
    """How many of a product are left."""

    sku: str
    stock: int
