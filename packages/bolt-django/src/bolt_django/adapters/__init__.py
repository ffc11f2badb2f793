"""What Django's own types become in a Bolt reply."""

import functools

from asgiref.sync import sync_to_async
from bolt_serializers import set_thread_runner

from bolt_django.adapters import exceptions, results


# Once, also where a project installs this app under both of its names: a callback would be called twice.
@functools.cache
def register() -> None:
    """Teach bolt_core Django's results and exceptions, for the whole process."""
    results.register()
    exceptions.register()
    # Serializers read where the request's own connection is.
    set_thread_runner(lambda function: sync_to_async(function)())
