"""The orders' API."""

from collections import Counter

from django_bolt import BoltAPI
from django_bolt.exceptions import Conflict, NotFound

from orders.models import Customer, Order
from orders.schemas import OrderIn, OrderOut
from orders.services import OrderRefused, place_order

api = BoltAPI(prefix="/api")


@api.get("/orders")
def list_orders(status: Order.Status | None = None) -> list[OrderOut]:
    """List the newest 50 orders, of one status if asked."""
    orders = Order.objects.prefetch_related("lines__product")
    if status is not None:
        orders = orders.filter(status=status)
    return [OrderOut.of(order) for order in orders[:50]]


@api.get("/orders/{order_id}")
async def retrieve_order(order_id: int) -> OrderOut:
    """Show one order."""
    order = await Order.objects.prefetch_related("lines__product").filter(pk=order_id).afirst()
    if order is None:
        raise NotFound(detail=f"Order {order_id} not found")
    return OrderOut.of(order)


@api.post("/orders", status_code=201)
def create_order(data: OrderIn) -> OrderOut:
    """Place an order; a refused one changes nothing.

    A plain ``def``: transactions are synchronous in Django, and this one runs on a pool thread, off the event loop.
    """
    quantities: Counter[int] = Counter()
    for line in data.lines:
        quantities[line.product_id] += line.quantity
    customer, _ = Customer.objects.get_or_create(email=data.email, defaults={"name": data.name})
    try:
        order = place_order(customer, quantities)
    except OrderRefused as exc:
        raise Conflict(detail=str(exc)) from None
    return OrderOut.of(order)
