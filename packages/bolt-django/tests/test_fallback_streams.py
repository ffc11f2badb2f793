"""Django's streaming replies: in order, with backpressure, cut off on failure, closed at the end."""

import asyncio
import json
import socket
from collections.abc import Callable

import pytest
from bolt_core.responses import Response, StreamingResponse
from bolt_django.fallback import exchange
from bolt_django.fallback.chunks import ChunkStream
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from boltsite_tools.process import Served, connected, wait_until
from django.core import signals

type Serve = Callable[..., Served]


@pytest.mark.django_db
def test_a_stream_arrives_in_order(client: Client) -> None:
    """All chunks of a generator arrive, in order."""
    reply = client.get("/stream/?count=200&size=5000")

    assert [json.loads(line)[0] for line in reply.body.splitlines()] == list(range(200))


@pytest.mark.django_db
def test_an_async_stream_arrives(client: Client) -> None:
    """Chunks of an asynchronous generator arrive, and its ORM calls see the test's data."""
    Product.objects.create(name="axe")
    Product.objects.create(name="bow")

    assert client.get("/stream/async/").body == b"axe\nbow\n"


@pytest.mark.django_db
def test_a_file_has_its_length_and_name(client: Client) -> None:
    """A FileResponse keeps its headers and arrives whole."""
    reply = client.get("/file/")

    assert reply.headers["Content-Disposition"] == 'attachment; filename="views.py"'
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert client.request("HEAD", "/file/").headers["Content-Length"] == reply.headers["Content-Length"]


@pytest.mark.django_db
def test_a_stream_that_fails_is_cut_off(client: Client) -> None:
    """A generator that fails after its first chunk leaves a reply that is visibly incomplete."""
    reply = client.get("/stream/?count=2&fails=yes")

    assert reply.status == 200
    assert not reply.complete


@pytest.mark.django_db
def test_a_stream_that_fails_at_once_is_a_500(client: Client) -> None:
    """A generator that fails before its first chunk is an error reply."""
    assert client.get("/stream/?count=0&fails=yes").status == 500


@pytest.mark.django_db
def test_a_stream_is_closed_when_the_client_leaves(client: Client) -> None:
    """A client that leaves in the middle ends the stream, and the response is closed."""
    finished: list[str] = []

    def finish(**kwargs: object) -> None:
        finished.append("finished")

    signals.request_finished.connect(finish)
    try:
        sock = client.server.connect()
        sock.sendall(b"GET /stream/?count=100000&size=10000 HTTP/1.1\r\nHost: testserver\r\n\r\n")
        with sock:

            def begun() -> bool:
                client.server.run_jobs()
                return _readable(sock)

            wait_until(begun, "the first chunk")

        def over() -> bool:
            client.server.run_jobs()
            return bool(finished)

        wait_until(over, "the response is closed")
    finally:
        signals.request_finished.disconnect(finish)

    assert finished == ["finished"]


def _readable(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


async def test_a_stream_that_nobody_takes_any_more_is_closed() -> None:
    """A client that leaves between the view's end and its reply's head leaves no stream waiting for ever."""
    taken = ChunkStream(asyncio.get_running_loop(), lambda: None)
    answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
    answer.set_result(StreamingResponse(taken))

    exchange._discard(answer)
    await asyncio.gather(*exchange._closing)

    assert taken.closed


def test_a_stream_stays_on_its_thread_with_its_connection(serve: Serve) -> None:
    """A cursor opened by the view is read to its end while other requests use the same thread and database."""
    served = serve("--workers", "1")
    with connected(served.port) as slow:
        slow.request("GET", "/stream/rows/?size=3000000")
        response = slow.getresponse()
        start = response.read(10)
        for _ in range(3):
            assert served.get("/shop/products/sync")[0] == 200
            assert served.get("/echo/")[0] == 200
        rest = response.read()

    assert (start + rest).split() == [b"axe", b"bow"]


def test_a_client_that_does_not_read_holds_no_thread(serve: Serve) -> None:
    """With one pool thread, other requests are answered while a stream waits for its client."""
    served = serve("--workers", "1")
    with connected(served.port) as slow:
        slow.request("GET", "/stream/?count=2000&size=10000")
        response = slow.getresponse()
        response.read(10)

        assert served.get("/hello/sync") == (200, b'{"hello":"sync"}')
        assert served.get("/echo/")[0] == 200
        rest = response.read()

    assert len(rest) > 19_000_000


def test_a_blocking_view_delays_nobody(serve: Serve) -> None:
    """While a Django view sleeps, other views and handlers are answered."""
    served = serve()
    with connected(served.port) as slow:
        slow.request("GET", "/slow/?seconds=3")
        for path in ("/echo/", "/hello", "/hello/sync", "/shop/products/async"):
            assert served.get(path)[0] == 200
        slow.sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.sock.recv(1, socket.MSG_PEEK)
        slow.sock.settimeout(30)

        assert slow.getresponse().read() == b"slow"
