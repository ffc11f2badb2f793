"""What the clients take, and how it is told apart."""

from typing import Any, TypedDict, cast

import httpx2
from bolt_core import BoltAPI
from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig


class ClientOptions(TypedDict, total=False):
    """Keywords of the clients that mean what they mean to ``httpx2.Client``."""

    auth: Any
    cookies: Any
    default_encoding: Any
    event_hooks: Any
    follow_redirects: bool
    headers: Any
    max_redirects: int
    params: Any


class ServerOptions(TypedDict, total=False):
    """What the clients take for the server's side."""

    config: ServerConfig
    raise_server_exceptions: bool
    use_http_layer: bool


class TestClientOptions(ClientOptions, ServerOptions, total=False):
    """Every keyword of the clients but *base_url* and *timeout*."""


class RequestOptions(TypedDict, total=False):
    """What every request method takes; each means what it means to ``httpx2.Client.request``."""

    auth: Any
    content: Any
    cookies: Any
    data: Any
    extensions: Any
    files: Any
    follow_redirects: Any
    headers: Any
    json: Any
    params: Any
    stream: bool
    timeout: Any


def streamed(options: RequestOptions) -> RequestOptions:
    """The same, with the body left to the caller."""
    streaming = options.copy()
    streaming["stream"] = True
    return streaming


class EventOptions(RequestOptions, total=False):
    """What `sse` takes beside the URL."""

    last_event_id: str
    max_event_size: int | None
    method: str


# What httpx2's `send` decides; all else makes the request.
_SENDING = ("auth", "follow_redirects", "stream")


def frozen(api: BoltAPI | FrozenApp, client: str) -> FrozenApp:
    """The application behind what a client was given; raises TypeError where there is none."""
    if isinstance(api, BoltAPI):
        return api.freeze()
    if isinstance(api, FrozenApp):
        return api
    raise TypeError(f"{client} takes a BoltAPI or what its freeze() returned, not {type(api).__qualname__}")


def split_options(options: TestClientOptions, client: str) -> tuple[ServerOptions, ClientOptions]:
    """Tell the server's options from the client's; raise TypeError for those of neither."""
    known = TestClientOptions.__annotations__
    if unknown := sorted(set(options) - set(known)):
        raise TypeError(f"{client} has no option {unknown[0]!r}; it takes base_url, timeout, {', '.join(known)}")
    server = {name: value for name, value in options.items() if name in ServerOptions.__annotations__}
    own = {name: value for name, value in options.items() if name in ClientOptions.__annotations__}
    return cast(ServerOptions, server), cast(ClientOptions, own)


def split_request(options: RequestOptions) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tell what makes a request from what sends it."""
    building = {name: value for name, value in options.items() if name not in _SENDING}
    return building, {name: value for name, value in options.items() if name in _SENDING}


def event_request(options: EventOptions) -> tuple[str, int | None, RequestOptions]:
    """Method, largest event and request options of a subscription, with the fields that a browser sends."""
    rest: dict[str, Any] = dict(options)
    method, largest = rest.pop("method", "GET"), rest.pop("max_event_size", None)
    fields = [("Accept", "text/event-stream"), ("Cache-Control", "no-store")]
    if (last := rest.pop("last_event_id", None)) is not None:
        # HTML, "Server-sent events": sent as UTF-8.
        fields.append(("Last-Event-ID", last))
    own = httpx2.Headers(rest.get("headers"))
    rest["headers"] = httpx2.Headers([*(field for field in fields if field[0] not in own), *own.multi_items()])
    return method, largest, cast(RequestOptions, rest)
