"""Where requests come from that another server of this process hands over.

Such a server knows what the engine cannot see: the client's address, the scheme. It gives each request a number, under
which this is found for as long as the request lasts.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Origin", "origin_of", "register_origin", "release_origin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the server in front knows of one request."""

    client: tuple[str, int] | None = None
    """The client's address and port."""
    scheme: str = "http"
    """`http` or `https`."""
    server: tuple[str, str] | None = None
    """SERVER_NAME and SERVER_PORT."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What the framework in front has set on its own request; read where nothing has been set on ours."""


_UNKNOWN = Origin()
_numbers = itertools.count(1)
_origins: dict[int, Origin] = {}
_lock = threading.Lock()


def register_origin(origin: Origin) -> int:
    """The number under which *origin* is found until it is released."""
    with _lock:
        number = next(_numbers)
        _origins[number] = origin
    return number


def release_origin(number: int) -> None:
    """Forget an origin whose request is over."""
    with _lock:
        _origins.pop(number, None)


def origin_of(number: int | None) -> Origin:
    """The origin of that number; one that knows nothing where there is none any more."""
    return _origins.get(number, _UNKNOWN) if number is not None else _UNKNOWN
