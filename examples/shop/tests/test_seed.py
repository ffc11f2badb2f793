"""The command that fills an empty shop."""

import io

import pytest
from catalog.models import Product
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from orders.models import Order

pytestmark = pytest.mark.django_db


def seed(**options: str) -> str:
    """Run the command and return what it printed."""
    out = io.StringIO()
    call_command("seed", stdout=out, no_color=True, **options)
    return out.getvalue()


def test_seed_prints_a_password_that_works() -> None:
    """The printed password logs the user admin in."""
    password = seed().rsplit(maxsplit=1)[1]

    assert authenticate(username="admin", password=password) is not None


def test_seeding_twice_changes_nothing() -> None:
    """The second run adds nothing and leaves edits and the password alone."""
    seed(admin_password="first-password")
    Product.objects.filter(sku="BOOK-1").update(stock=99)
    counts = Product.objects.count(), Order.objects.count(), User.objects.count()

    assert "changepassword" in seed()

    assert counts == (Product.objects.count(), Order.objects.count(), User.objects.count())
    assert Product.objects.get(sku="BOOK-1").stock == 99
    assert authenticate(username="admin", password="first-password") is not None


def test_a_given_password_is_set_on_an_existing_admin() -> None:
    """--admin-password works on every run."""
    seed()
    seed(admin_password="second-password")

    assert authenticate(username="admin", password="second-password") is not None
