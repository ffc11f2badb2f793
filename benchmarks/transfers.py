"""An upload and a download of 2 GB, and the most memory that the server needed for them."""

import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from benchmarks import load, procfs
from benchmarks.apps import payloads
from benchmarks.servers import Running

HUGE = 2 << 30
_PIECE = 1 << 20


def make_sparse(path: Path, size: int = HUGE) -> None:
    """Make a file of *size* bytes that takes no room on the disk."""
    with path.open("wb") as file:
        os.truncate(file.fileno(), size)


def peak_bytes(running: Running, file: Path, size: int = HUGE) -> float:
    """The most resident memory of the server while it took an upload of *size* bytes and gave *file*.

    Raises LoadError where either did not arrive whole.
    """
    upload(running.port, "/upload/huge", size)
    download(running.port, "/file/huge", file.stat().st_size)
    return procfs.peak_bytes(running.pid)


def upload(port: int, path: str, size: int) -> None:
    """Send a form with a file of *size* bytes."""
    head, _, tail = payloads.multipart().partition(payloads.FILE)
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={payloads.BOUNDARY}",
        "Content-Length": str(len(head) + size + len(tail)),
    }
    connection.request("POST", path, body=_pieces(head, size, tail), headers=headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    if response.status != HTTPStatus.OK or json.loads(answer) != {"size": size}:
        raise load.LoadError(f"an upload of {size} bytes was answered with {response.status} {answer[:120]!r}")


def _pieces(head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
    yield head
    for start in range(0, size, _PIECE):
        yield payloads.FILE[: min(_PIECE, size - start)]
    yield tail


def download(port: int, path: str, size: int) -> None:
    """Fetch a file of *size* bytes and count them."""
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", path)
    response = connection.getresponse()
    seen = _count(response)
    connection.close()
    if response.status != HTTPStatus.OK or seen != size:
        raise load.LoadError(f"a download of {size} bytes ended with {response.status} after {seen}")


def _count(response: HTTPResponse) -> int:
    seen, buffer = 0, bytearray(_PIECE)
    while received := response.readinto(buffer):
        seen += received
    return seen
