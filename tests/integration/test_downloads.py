"""Downloads over TCP: two independent clients agree, and files that are not in memory arrive all the same."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from bolt_core import BoltAPI, FileResponse
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture
def url() -> Iterator[str]:
    """A server that sends any file by its path."""
    api = BoltAPI()

    @api.get("/{path:path}")
    def download(path: str) -> FileResponse:
        return FileResponse(f"/{path}")

    server = InProcessServer(api.freeze(), ServerConfig(shutdown_timeout=5.0), pool=Pool(1))
    server.start()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server.listen(listener)
    yield f"http://127.0.0.1:{port}"
    server.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("field", [None, "0-0", "-10", "5000000-", "0-99,200000-200099", "9999999-", "nonsense"])
def test_clients_agree_on_ranges(url: str, tmp_path: Path, field: str | None) -> None:
    """httpx2 and curl get the same status, fields and bytes, a multipart's boundary apart."""
    path = tmp_path / "data.bin"
    path.write_bytes(CONTENT)
    fields = {} if field is None else {"Range": f"bytes={field}"}
    arguments = [argument for name, value in fields.items() for argument in ("-H", f"{name}: {value}")]
    target = f"{url}{path}"

    ours = httpx2.get(target, headers=fields)
    code = "%{stderr}%{http_code}|%header{content-range}|%header{content-length}"
    curl = subprocess.run(["curl", "-s", "-w", code, *arguments, target], capture_output=True, timeout=20, check=True)

    got = (ours.headers.get("content-range", ""), ours.headers["content-length"])
    assert curl.stderr.decode().split("|") == [str(ours.status_code), *got]
    assert len(curl.stdout) == len(ours.content) == int(got[1])
    if "multipart" in ours.headers["content-type"]:
        boundary = ours.headers["content-type"].partition("boundary=")[2].encode()
        theirs = curl.stdout.split(b"\r\n--", 2)[1].split(b"\r\n")[0]
        assert curl.stdout.replace(theirs, boundary) == ours.content
    else:
        assert curl.stdout == ours.content


@pytest.mark.parametrize("folder", [None, "/dev/shm"])
def test_a_file_that_is_not_in_memory(url: str, folder: str | None) -> None:
    """It is read by another thread first; so is one whose file system does not tell, as that of /dev/shm."""
    if folder is not None and not os.path.isdir(folder):
        pytest.skip(f"there is no {folder}")
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(CONTENT)
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

        assert httpx2.get(f"{url}{file.name}").content == CONTENT
        assert httpx2.get(f"{url}{file.name}", headers={"Range": "bytes=7-8"}).content == CONTENT[7:9]
