"""Parameters that are known by their annotation's class and made from the request."""

from collections.abc import Callable
from typing import Any

from bolt_core._native import Request

type Provide = Callable[[Request], Any]

_providers: dict[type, Provide] = {}


def register_injected(type_: type, provide: Provide) -> None:
    """Let *provide*(request) make the value of every parameter annotated with *type_* or a subclass of it.

    Holds for the whole process and for routes registered from now on; a class registered twice keeps the later function.
    It is called on the thread that runs the handler, before it. What it raises is handled as if the handler raised it.
    """
    _providers[type_] = provide


def provider_of(annotation: Any) -> Provide | None:
    """What makes a parameter of this annotation; `None` for every other."""
    if not isinstance(annotation, type):
        return None
    for base in annotation.__mro__:
        if (provide := _providers.get(base)) is not None:
            return provide
    return None
