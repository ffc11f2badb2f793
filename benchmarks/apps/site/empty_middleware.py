"""Middleware that does nothing: what is left is Django's request and response around a route."""

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def empty(get_response):
    if iscoroutinefunction(get_response):

        async def respond(request):
            return await get_response(request)

    else:

        def respond(request):
            return get_response(request)

    return respond
