"""Whether the application with the tables is there, for what can be imported without it."""

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from bolt_django.tokens.apps import APP

REMEDY = f'Add "{APP}" to INSTALLED_APPS and run `manage.py migrate`.'


def require(what: str) -> None:
    """Raise `ImproperlyConfigured` where *what*, which needs the tables, would not find them."""
    if not apps.is_installed(APP):
        raise ImproperlyConfigured(f"{what} needs tables that this project does not have. {REMEDY}")
