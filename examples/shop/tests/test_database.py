"""DATABASE_URL."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from shop.database import database_from_url


def test_postgresql() -> None:
    """Every part of the address arrives decoded, and the query as options."""
    assert database_from_url("postgres://me:p%40ss@db.example:6432/shop?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": 6432,
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("url", "name"),
    [("sqlite:///shop.db", "shop.db"), ("sqlite:////srv/shop.db", "/srv/shop.db"), ("sqlite://", ":memory:")],
)
def test_sqlite(url: str, name: str) -> None:
    """Three slashes are a relative path, four an absolute one."""
    assert database_from_url(url)["NAME"] == name


def test_an_unknown_scheme_is_refused_without_the_password() -> None:
    """The message names the scheme and what is understood, and no secret."""
    with pytest.raises(ImproperlyConfigured, match="mysql") as caught:
        database_from_url("mysql://me:secret@db/shop")

    assert "secret" not in str(caught.value)
