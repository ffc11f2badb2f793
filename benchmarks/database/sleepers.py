"""Many requests at once whose query sleeps in the database: how long until all have their answer."""

import http
import http.client
import time
from contextlib import ExitStack, closing

from benchmarks import load

_TIMEOUT_SECONDS = 60


def burst_seconds(port: int, path: str, count: int) -> float:
    """From the first of *count* requests, each on a connection of its own that is already open, to the last answer.

    Raises LoadError where one is answered with an error.
    """
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)))
            for _ in range(count)
        ]
        for connection in connections:
            connection.connect()
        started = time.perf_counter()
        for connection in connections:
            connection.request("GET", path)
        responses = [connection.getresponse() for connection in connections]
        bodies = [response.read() for response in responses]
        took = time.perf_counter() - started
    for response, body in zip(responses, bodies, strict=True):
        if response.status != http.HTTPStatus.OK:
            raise load.LoadError(f"wrong answer {response.status} {body[:120]!r}")
    return took
