"""What Django's own types become in a Bolt reply."""

from bolt_django.adapters import exceptions, results


def register() -> None:
    """Teach bolt_core Django's results and exceptions, for the whole process."""
    results.register()
    exceptions.register()
