"""What the orders' API accepts and says."""

from decimal import Decimal
from typing import Annotated

import msgspec
from django_bolt.serializers import ModelSerializer, computed_field, field

from orders.models import Order, OrderLine

# PostgreSQL stores no NUL character; refused here, it is the client's 422 and not our 500.
NO_NUL = r"^[^\x00]*$"


class LineIn(msgspec.Struct, forbid_unknown_fields=True):
    """A product and how many of it."""

    product_id: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class OrderIn(msgspec.Struct, forbid_unknown_fields=True):
    """An order as a customer sends it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=NO_NUL)]
    email: Annotated[str, msgspec.Meta(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
    lines: Annotated[list[LineIn], msgspec.Meta(min_length=1, max_length=100)]


class LineOut(ModelSerializer):
    """A line of a placed order."""

    sku: str = field(source="product.sku")

    class Meta:
        model = OrderLine
        fields = ("sku", "quantity", "amount")


class OrderOut(ModelSerializer):
    """A placed order; the customer's address stays out of it."""

    lines: list[LineOut]

    class Meta:
        model = Order
        fields = ("id", "status", "created_at", "lines", "total")

    @computed_field
    def total(self) -> Decimal:
        """What all lines cost."""
        return sum((line.amount for line in self.lines), Decimal(0))
