"""Files larger than what the server may hold go through it, up and down."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, depot, eventually

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak of memory from /proc")

# Twice what the process may hold in all. `nox -s bench` sends 2 GB each way and holds it to the same bound.
SIZE = 300 << 20
MOST_BYTES = 150_000_000
PIECE = bytes(range(256)) * 4096
BOUNDARY = "boundary-of-the-test"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The depot's folder, where uploads are spooled, too."""
    return tmp_path_factory.mktemp("depot")


@pytest.fixture
def served(files: Path) -> Iterator[Served]:
    """The depot, served by a process that has not yet done anything."""
    with depot(files) as served:
        yield served


def peak_bytes(served: Served) -> int:
    """The most memory that the server's process had in RAM so far."""
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) << 10


def form(size: int) -> Iterator[bytes]:
    """A form with a file of *size* bytes in its field `upload`."""
    disposition = 'Content-Disposition: form-data; name="upload"; filename="huge.bin"'
    yield f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    for _ in range(size // len(PIECE)):
        yield PIECE
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def test_huge_upload_stays_out_of_memory(served: Served, files: Path) -> None:
    """A file beyond the bound is taken whole, its memory stays below it, and no temporary file is left."""
    length = sum(map(len, form(0))) + SIZE
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(length)}
    with served.client() as client:
        reply = client.post("/upload/huge", content=form(SIZE), headers=headers)

    assert (reply.status_code, reply.json()) == (200, {"size": SIZE})
    assert peak_bytes(served) < MOST_BYTES
    eventually(lambda: list(files.iterdir()) == [])


def test_upload_that_breaks_off_leaves_no_file(served: Served, files: Path) -> None:
    """What was spooled of a form whose client left is removed."""

    def broken() -> Iterator[bytes]:
        sent = 0
        for piece in form(SIZE):
            yield piece
            sent += len(piece)
            if sent > 30 << 20:
                eventually(lambda: list(files.iterdir()) != [])
                raise ConnectionAbortedError

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(SIZE)}
    with served.client() as client, pytest.raises(ConnectionAbortedError):
        client.post("/upload/huge", content=broken(), headers=headers)

    eventually(lambda: list(files.iterdir()) == [])


def test_huge_download_stays_out_of_memory(served: Served, files: Path) -> None:
    """A file beyond the bound is given whole, and the server's memory stays below it."""
    path = files / "huge.bin"
    with path.open("wb") as file:
        file.truncate(SIZE)
    try:
        with served.client() as client, client.stream("GET", "/files/huge.bin") as reply:
            received = sum(len(chunk) for chunk in reply.iter_raw())
    finally:
        path.unlink()

    assert (reply.status_code, received) == (200, SIZE)
    assert peak_bytes(served) < MOST_BYTES
