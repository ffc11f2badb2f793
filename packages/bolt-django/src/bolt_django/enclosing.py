"""What Django puts around the routes of an application: request signals, middleware, transactions."""

from bolt_core.api_options import register_extension
from bolt_core.around import register_enclosure

from bolt_django import request_signals, transactions
from bolt_django.middleware import enclosure
from bolt_django.users import enclosure as users


def register() -> None:
    """Register all of it, the outermost first."""
    register_extension(enclosure.OPTION, enclosure.check_option)
    register_enclosure(request_signals.find)
    register_enclosure(enclosure.find)
    register_enclosure(users.find)
    register_enclosure(transactions.find)
