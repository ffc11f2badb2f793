"""The rules of ordering, apart from HTTP so that the admin, a command or a test can use them."""

from collections.abc import Mapping

from catalog.models import Product
from django.core.mail import send_mail
from django.db import transaction

from orders.models import Customer, Order, OrderLine


class OrderRefused(Exception):
    """An order that cannot be placed; the message is for the customer."""


def place_order(customer: Customer, quantities: Mapping[int, int]) -> Order:
    """Place an order of *quantities* (by product id) and take them out of stock, all or nothing.

    Raises OrderRefused for an unknown product or one with too little stock.
    """
    with transaction.atomic():
        # Locked in one order of ids, so that two orders for the same products cannot deadlock.
        products = Product.objects.select_for_update().order_by("pk").in_bulk(list(quantities))
        order = Order.objects.create(customer=customer)
        for product_id, quantity in quantities.items():
            product = products.get(product_id)
            if product is None:
                raise OrderRefused(f"Product {product_id} does not exist")
            if product.stock < quantity:
                raise OrderRefused(f"Only {product.stock} of {product.name} left")
            product.stock -= quantity
            product.save(update_fields=["stock"])
            OrderLine.objects.create(order=order, product=product, quantity=quantity, unit_price=product.price)
    return order


def send_confirmation(order_id: int) -> None:
    """Mail the customer what was ordered."""
    order = Order.objects.select_related("customer").prefetch_related("lines__product").get(pk=order_id)
    lines = [f"{line.quantity} × {line.product.name}: {line.amount}" for line in order.lines.all()]
    send_mail(f"Your order {order.pk}", "\n".join(["Thank you!", "", *lines]), None, [order.customer.email])
