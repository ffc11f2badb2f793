"""What the orders' API accepts and says."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from orders.models import Order

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


class LineOut(msgspec.Struct):
    """A line of a placed order."""

    sku: str
    quantity: int
    amount: Decimal


class OrderOut(msgspec.Struct):
    """A placed order; the customer's address stays out of it."""

    id: int
    status: str
    created_at: datetime
    lines: list[LineOut]
    total: Decimal

    @classmethod
    def of(cls, order: Order) -> "OrderOut":
        """Build from *order*, whose lines and products must be prefetched in an async handler."""
        lines = [LineOut(line.product.sku, line.quantity, line.amount) for line in order.lines.all()]
        total = sum((line.amount for line in lines), Decimal(0))
        return cls(id=order.pk, status=order.status, created_at=order.created_at, lines=lines, total=total)
