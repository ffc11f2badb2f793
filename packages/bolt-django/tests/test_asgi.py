"""The project as an ASGI application, asked as ASGI servers ask."""

import asyncio
from typing import Any
from urllib.parse import unquote

import pytest
from asgiref.testing import ApplicationCommunicator
from bolt_django.asgi import BoltASGIHandler, get_asgi_application
from bolt_django.bridge import engine
from boltsite.gate.api import cancelled, life

PATIENCE = 20


@pytest.fixture(scope="module")
def application() -> BoltASGIHandler:
    """As a project's `asgi.py` makes it."""
    return get_asgi_application()


def scope(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """A request as uvicorn describes it."""
    raw, _, query = path.partition("?")

    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *more.pop("headers", ())],
        "client": ("192.0.2.7", 1234),
        "server": ("192.0.2.1", 443),
        **more,
    }


class Asked:
    """One request to the application."""

    def __init__(self, application: Any, described: dict[str, Any]) -> None:
        self._talk = ApplicationCommunicator(application, described)
        self.status = 0
        self.fields: dict[bytes, bytes] = {}

    async def send(self, body: bytes = b"", *, more: bool = False) -> None:
        """A piece of the body."""
        await self._talk.send_input({"type": "http.request", "body": body, "more_body": more})

    async def head(self) -> int:
        """The status of the reply."""
        start = await self._talk.receive_output(PATIENCE)
        assert start["type"] == "http.response.start"
        self.status, self.fields = start["status"], dict(start["headers"])
        return self.status

    async def piece(self) -> tuple[bytes, bool]:
        """The next piece of the reply, and whether more follows."""
        message = await self._talk.receive_output(PATIENCE)
        return message.get("body", b""), message.get("more_body", False)

    async def content(self) -> bytes:
        """The rest of the reply."""
        pieces, more = [], True
        while more:
            piece, more = await self.piece()
            pieces.append(piece)
        return b"".join(pieces)

    async def leave(self) -> None:
        """The client goes away."""
        await self._talk.send_input({"type": "http.disconnect"})

    async def end(self) -> None:
        """Wait for the application to return."""
        await self._talk.wait(PATIENCE)


async def ask(application: Any, described: dict[str, Any], body: bytes = b"") -> tuple[int, bytes]:
    """Status and content of one request."""
    asked = Asked(application, described)
    await asked.send(body)
    status, content = await asked.head(), await asked.content()
    await asked.end()
    return status, content


async def test_our_paths_are_the_engines(application: Any) -> None:
    """Of any spelling; the reply's fields are the engine's."""
    asked = Asked(application, scope("/gate/%69tems/3?q=%C3%A4"))
    await asked.send()

    assert await asked.head() == 200
    assert await asked.content() == '{"item":3,"q":"ä"}'.encode()
    assert asked.fields[b"content-type"] == b"application/json"
    assert b"date" not in asked.fields
    assert (await ask(application, scope("/gate/items/3", "PUT")))[0] == 405
    assert (await ask(application, scope("/gate/items/x")))[0] == 422
    assert (await ask(application, scope("/gate/files/a%2Fb")))[1] == b'{"rest":"a/b"}'


async def test_all_other_paths_are_djangos(application: Any) -> None:
    """Its own handler answers them, so does it a path that only lacks a slash of its own."""
    assert (await ask(application, scope("/length/")))[0] == 200
    assert (await ask(application, scope("/nowhere")))[0] == 404
    assert (await ask(application, scope("/gate/slashed")))[0] == 301
    assert (await ask(application, scope("/gate/slashed/")))[0] == 200


async def test_scheme_and_client_are_the_servers_in_front(application: Any) -> None:
    """As its scope tells them."""
    _, content = await ask(application, scope("/gate/who"))

    assert b'"scheme":"https","client":"192.0.2.7"' in content


@pytest.mark.parametrize("told", [True, False])
async def test_bodies_stream(application: Any, told: bool) -> None:
    """With a length or without, in pieces, and so do replies."""
    length = [(b"content-length", b"300000")] if told else []
    asked = Asked(application, scope("/gate/echo", "POST", headers=length))
    for _ in range(3):
        await asked.send(b"x" * 100_000, more=True)
    await asked.send()

    assert await asked.head() == 200
    assert await asked.content() == b"x" * 300_000


async def test_limits_hold_before_the_body_has_arrived(application: Any) -> None:
    """A length that is too large is refused at once."""
    described = scope("/gate/form", "POST", headers=[(b"content-length", b"99999999999")])
    asked = Asked(application, described)
    await asked.send(b"x", more=True)

    assert await asked.head() in (413, 415)
    await asked.content()
    await asked.leave()
    await asked.end()


@pytest.mark.parametrize("path", ["/gate/hang", "/gate/wait"])
async def test_a_client_that_leaves_cancels_its_handler(application: Any, path: str) -> None:
    """Before the reply and in the middle of it."""
    cancelled.clear()
    asked = Asked(application, scope(path))
    await asked.send()
    if path == "/gate/wait":
        await asked.head()
        assert await asked.piece() == (b"begin", True)
    await asked.leave()
    await asked.end()

    assert await asyncio.to_thread(cancelled.wait, PATIENCE)


async def test_a_stream_that_fails_is_an_error_of_the_application(application: Any) -> None:
    """The server then cuts the connection."""
    asked = Asked(application, scope("/gate/cut"))
    await asked.send()

    async def read() -> None:
        await asked.head()
        await asked.content()

    with pytest.raises(ConnectionAbortedError):
        await read()


async def test_what_cannot_be_passed_on_is_refused(application: Any) -> None:
    """A field that HTTP/1.1 does not allow, from a careless server."""
    status, content = await ask(application, scope("/gate/items/3", headers=[(b"x", b"a\nb")]))

    assert (status, content) == (400, b'{"detail":"Bad Request"}')


async def test_the_sites_prefix_is_taken_off(application: Any) -> None:
    """That of the server's scope."""
    described = scope("/site/gate/items/3", root_path="/site")

    assert (await ask(application, described))[0] == 200


@pytest.mark.django_db
async def test_data_of_the_test_is_seen(application: Any) -> None:
    """Its `def` handlers run on the test's thread."""
    length = (b"content-length", b"14")
    described = scope("/gate/add", "POST", headers=[(b"content-type", b"application/json"), length])
    status, _ = await ask(application, described, b'{"name":"axe"}')

    assert status == 200
    assert b"axe" in (await ask(application, scope("/gate/names")))[1]


async def test_the_lifespan_is_the_servers(application: Any) -> None:
    """Startup and shutdown hooks run when the server says so."""
    engine.stop()
    life.clear()
    talk = ApplicationCommunicator(application, {"type": "lifespan", "asgi": {"version": "3.0"}})
    await talk.send_input({"type": "lifespan.startup"})
    assert (await talk.receive_output(PATIENCE))["type"] == "lifespan.startup.complete"
    assert life == ["startup"]
    assert (await ask(application, scope("/gate/items/3")))[0] == 200
    await talk.send_input({"type": "lifespan.shutdown"})
    assert (await talk.receive_output(PATIENCE))["type"] == "lifespan.shutdown.complete"
    await talk.wait(PATIENCE)
    assert life == ["startup", "shutdown"]


async def test_a_startup_that_fails_is_told_to_the_server(application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, so that it does not serve."""
    engine.stop()
    monkeypatch.setattr(engine.Engine, "start", lambda self: 1 / 0)
    talk = ApplicationCommunicator(application, {"type": "lifespan", "asgi": {"version": "3.0"}})
    await talk.send_input({"type": "lifespan.startup"})

    assert await talk.receive_output(PATIENCE) == {"type": "lifespan.startup.failed", "message": "division by zero"}
    await talk.wait(PATIENCE)
