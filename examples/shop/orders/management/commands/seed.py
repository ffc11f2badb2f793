"""``manage.py seed``: something to look at."""

import secrets
from decimal import Decimal
from typing import Any

from catalog.models import Category, Product
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils.text import slugify

from orders.models import Customer, Order
from orders.services import place_order

# category: (SKU, name, price, stock)
SHELVES = {
    "Books": [
        ("BOOK-1", "A Field Guide to Birds", "24.90", 12),
        ("BOOK-2", "Bread from Scratch", "19.50", 7),
        ("BOOK-3", "The Art of Repair", "31.00", 0),
    ],
    "Kitchen": [
        ("KITCHEN-1", "Cast-iron Pan", "48.00", 5),
        ("KITCHEN-2", "Bread Knife", "22.40", 20),
    ],
    "Garden": [
        ("GARDEN-1", "Watering Can", "17.80", 9),
        ("GARDEN-2", "Bird Feeder", "12.30", 15),
    ],
}


class Command(BaseCommand):
    """Create sample data and an administrator; what exists already is left as it is."""

    help = "Create sample products, a first order and an admin user; safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare ``--admin-password``."""
        parser.add_argument(
            "--admin-password",
            help="set the admin's password to this, also when the user exists (default: a random one, printed once)",
        )

    @transaction.atomic
    def handle(self, *args: Any, admin_password: str | None = None, **options: Any) -> None:
        """Seed the database in one transaction."""
        for name, rows in SHELVES.items():
            category, _ = Category.objects.get_or_create(slug=slugify(name), defaults={"name": name})
            for sku, title, price, stock in rows:
                values = {"category": category, "name": title, "price": Decimal(price), "stock": stock}
                Product.objects.get_or_create(sku=sku, defaults=values)
        if not Order.objects.exists():
            customer, _ = Customer.objects.get_or_create(email="ada@example.org", defaults={"name": "Ada"})
            place_order(customer, {Product.objects.get(sku="KITCHEN-2").pk: 1})
        self.stdout.write(f"{Product.objects.count()} products, {Order.objects.count()} orders")
        self.seed_admin(admin_password)

    def seed_admin(self, password: str | None) -> None:
        """Create the user ``admin``, or set its password if one was given."""
        user, created = get_user_model().objects.get_or_create(
            username="admin", defaults={"is_staff": True, "is_superuser": True}
        )
        if not created and password is None:
            self.stdout.write("The user admin exists; change its password with: manage.py changepassword admin")
            return
        password = password or secrets.token_urlsafe(9)
        user.set_password(password)
        user.save(update_fields=["password"])
        self.stdout.write(self.style.SUCCESS(f"Log into /admin/ as admin with the password {password}"))
