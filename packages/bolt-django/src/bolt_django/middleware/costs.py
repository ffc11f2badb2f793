"""What each of Django's middleware classes costs a request, measured where it is asked for."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from bolt_django.middleware.stack import load

ROUNDS, CALLS = 5, 100

type Respond = Callable[[HttpRequest], HttpResponseBase]


def costs(paths: Sequence[str]) -> dict[str, float]:
    """Microseconds that each class of *paths* adds to the synchronous stack of those before it, by its path.

    Measured with GET requests without cookies, the fastest of several rounds. A class that cannot run like that (an
    asynchronous one, or one that raises) is left out, and so is what stands behind it.
    """
    found: dict[str, float] = {}
    try:
        before = _seconds(_chain(()))
        for count, path in enumerate(paths, 1):
            after = _seconds(_chain(paths[:count]))
            found[path] = max(0.0, after - before) * 1e6
            before = after
    except Exception:
        return found
    return found


def _chain(paths: Sequence[str]) -> Respond:
    respond: Any = _answer
    for path in reversed(paths):
        factory = load(path)
        if not getattr(factory, "sync_capable", True):
            raise TypeError(f"{path} is asynchronous")
        try:
            respond = factory(respond)
        except MiddlewareNotUsed:
            continue
    return respond  # type: ignore[no-any-return]


def _answer(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(b"{}", content_type="application/json")


def _seconds(respond: Respond) -> float:
    """One call, the fastest round's."""
    best = float("inf")
    for _ in range(ROUNDS):
        # A host that any ALLOWED_HOSTS would refuse costs an exception; nobody asks for this one.
        requests = [RequestFactory().get("/", headers={"host": "localhost"}) for _ in range(CALLS)]
        start = time.perf_counter()
        for request in requests:
            respond(request)
        best = min(best, time.perf_counter() - start)
    return best / CALLS
