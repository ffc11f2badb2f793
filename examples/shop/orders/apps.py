"""Orders: who bought what."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Customers and their orders, with the rules for placing one."""

    name = "orders"
