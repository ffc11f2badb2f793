"""The orders' API."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated, NoReturn

from django.db import transaction
from django_bolt import BackgroundTasks, BoltAPI, Request
from django_bolt.exceptions import Conflict, NotFound
from django_bolt.param_functions import Query
from django_bolt.responses import EventSourceResponse, Response, ServerSentEvent, last_event_id

from orders.models import Customer, Order
from orders.schemas import OrderIn, OrderOut
from orders.services import OrderRefused, place_order, send_confirmation

api = BoltAPI(prefix="/api")

FINAL = (Order.Status.SHIPPED, Order.Status.CANCELLED)


@api.exception_handler(OrderRefused)
async def order_refused(request: Request, exc: OrderRefused) -> NoReturn:
    """Answer 409 with the reason, which is written for the customer."""
    raise Conflict(detail=str(exc)) from exc


@api.get("/orders")
def list_orders(status: Order.Status | None = None) -> list[OrderOut]:
    """List the newest 50 orders, of one status if asked."""
    orders = OrderOut.optimize(Order.objects)
    if status is not None:
        orders = orders.filter(status=status)
    return OrderOut.from_models(orders[:50])


@api.get("/orders/{order_id}")
async def retrieve_order(order_id: int) -> OrderOut:
    """Show one order."""
    order = await OrderOut.optimize(Order.objects).filter(pk=order_id).afirst()
    if order is None:
        raise NotFound(detail=f"Order {order_id} not found")
    return OrderOut.from_model(order)


@api.post("/orders", status_code=201)
def create_order(data: OrderIn, tasks: BackgroundTasks) -> OrderOut:
    """Place an order and confirm it by mail; a refused one changes nothing.

    A plain ``def``: transactions are synchronous in Django, and this one runs on a pool thread, off the event loop.
    """
    quantities: Counter[int] = Counter()
    for line in data.lines:
        quantities[line.product_id] += line.quantity
    with transaction.atomic():
        customer, _ = Customer.objects.get_or_create(email=data.email, defaults={"name": data.name})
        order = place_order(customer, quantities)
        # After the reply, and only once the order is there to be confirmed.
        tasks.add_task(send_confirmation, order.pk, after_commit=True)
    return OrderOut.from_model(order)


@api.get("/orders/{order_id}/events")
async def watch_order(
    request: Request, order_id: int, interval: Annotated[float, Query(ge=0, le=60)] = 1.0
) -> Response:
    """Send the status of an order whenever it changes, looking every *interval* seconds, until it is final."""
    status, seen = await status_of(order_id), last_event_id(request)
    if status is None:
        raise NotFound(detail=f"Order {order_id} not found")
    if status == seen and status in FINAL:
        # Nothing will follow; this is how an EventSource learns not to connect again (HTML, "Server-sent events").
        return Response(status_code=204)
    return EventSourceResponse(status_events(order_id, interval, seen))


async def status_of(order_id: int) -> str | None:
    """Return the order's status, or None where there is no such order."""
    return await Order.objects.filter(pk=order_id).values_list("status", flat=True).afirst()


async def status_events(order_id: int, interval: float, seen: str | None) -> AsyncIterator[ServerSentEvent]:
    """Yield each new status; *seen* is the one that a client which connects again had last."""
    while (status := await status_of(order_id)) is not None:
        if status != seen:
            yield ServerSentEvent({"order": order_id, "status": status}, event="status", id=status)
            seen = status
        if status in FINAL:
            return
        await asyncio.sleep(interval)
