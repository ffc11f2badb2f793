"""Forms as two independent clients send them, curl and httpx2: the server sees the same."""

import json
import shutil
import socket
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bolt_core import BoltAPI, Request
from bolt_core.forms import form_of
from bolt_core.inprocess import InProcessServer
from bolt_core.params import File, Form
from bolt_core.pool import Pool
from bolt_core.uploads import UploadFile

CURL = shutil.which("curl")

pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


def described(file: Any) -> list[Any]:
    """What the server saw of a file."""
    return [file.name, file.size, file.content_type, zlib.crc32(b"".join(file.chunks()))]


def make_api() -> BoltAPI:
    """Routes that say what they were sent."""
    api = BoltAPI()

    @api.route("/named", methods=["POST", "PUT", "PATCH"])
    async def named(title: str = Form(), docs: list[UploadFile] = File(default=[])) -> Any:
        return [title, [described(doc) for doc in docs]]

    @api.post("/any")
    async def anything(request: Request) -> Any:
        items = form_of(request).multi_items()
        return [[name, value if isinstance(value, str) else described(value)] for name, value in items]

    return api


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server on TCP."""
    server = InProcessServer(make_api().freeze(), pool=Pool(1))
    server.start()
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.listen(listener)
    yield address
    server.close()


def curl(*arguments: str) -> Any:
    """The JSON that a curl command gets."""
    assert CURL is not None
    done = subprocess.run([CURL, "-sS", *arguments], capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)


def make(folder: Path, name: str, content: bytes) -> str:
    """A file to send."""
    place = folder / name
    place.write_bytes(content)
    return str(place)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.txt", b"hello"),
        ("emp ty.bin", b""),
        ("ünï.png", b"\r\n--\r\n" * 100),
        ('quo"te.txt', b"1"),
        ("large.bin", bytes(range(256)) * 20_000),
    ],
)
def test_files_with_names_of_all_kinds(url: str, tmp_path: Path, method: str, name: str, content: bytes) -> None:
    """In every method, with text beside them."""
    place = make(tmp_path, "source", content)
    escaped = name.replace('"', '\\"')
    by_curl = curl(
        "-X", method, "-F", "title=Grüße & mehr", "-F", f'docs=@{place};filename="{escaped}";type=a/b', f"{url}/named"
    )
    by_httpx = httpx2.request(
        method, f"{url}/named", data={"title": "Grüße & mehr"}, files=[("docs", (name, content, "a/b"))]
    ).json()

    # Both write a quotation mark as %22, as browsers do; nothing tells it from those three characters.
    seen = name.replace('"', "%22")
    assert by_curl == by_httpx == ["Grüße & mehr", [[seen, len(content), "a/b", zlib.crc32(content)]]]


def test_escaped_by_a_backslash(url: str, tmp_path: Path) -> None:
    """As older clients and curl on demand do."""
    place = make(tmp_path, "source", b"1")

    seen = curl(
        "--form-escape", "-F", "title=", "-F", f'docs=@{place};filename="a\\"b\\\\c.txt";type=a/b', f"{url}/named"
    )

    # What a backslash stood before is a folder to the server.
    assert seen[1][0][0] == "c.txt"


def test_extended_file_name(url: str) -> None:
    """`filename*` wins over `filename`."""
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="f"; filename="a.txt"; filename*=UTF-8\'\'%E2%82%AC.txt\r\n\r\n'
        b"1\r\n--XX--\r\n"
    )
    kind = "multipart/form-data; boundary=XX"
    by_httpx = httpx2.post(f"{url}/any", content=body, headers={"Content-Type": kind}).json()
    by_curl = curl("-H", f"Content-Type: {kind}", "--data-binary", body.decode(), f"{url}/any")

    assert by_curl == by_httpx == [["f", ["€.txt", 1, "", zlib.crc32(b"1")]]]


def test_urlencoded(url: str) -> None:
    """Text of every kind, repeated and empty."""
    by_curl = curl(
        *("--data-urlencode", "a=1 + 1 = 2 & ü%41", "--data-urlencode", "a=", "-d", "b", f"{url}/any"),
    )
    by_httpx = httpx2.post(f"{url}/any", data={"a": ["1 + 1 = 2 & ü%41", ""], "b": ""}).json()

    assert by_curl == by_httpx == [["a", "1 + 1 = 2 & ü%41"], ["a", ""], ["b", ""]]


def test_a_hundred_files(url: str, tmp_path: Path) -> None:
    """As many as Django takes by default, and one more."""
    contents = [str(number).encode() for number in range(101)]
    places = [make(tmp_path, f"f{number}", content) for number, content in enumerate(contents)]
    arguments = ["-F", "title=x", *(part for place in places[:100] for part in ("-F", f"docs=@{place}"))]
    files = [("docs", (f"f{number}", content, "application/octet-stream")) for number, content in enumerate(contents)]

    by_curl = curl(*arguments, f"{url}/named")
    by_httpx = httpx2.post(f"{url}/named", data={"title": "x"}, files=files[:100]).json()
    assert by_curl == by_httpx
    assert [name for name, *_ in by_curl[1]] == [f"f{number}" for number in range(100)]
    assert curl(*arguments, "-F", f"docs=@{places[100]}", f"{url}/named") == {"detail": "The form has too many files"}
    assert httpx2.post(f"{url}/named", data={"title": "x"}, files=files).status_code == 413


def test_chunked_and_expecting(url: str, tmp_path: Path) -> None:
    """A form whose length is not known, sent once the server says that it may."""
    place = make(tmp_path, "source", b"x" * 3_000_000)

    seen = curl(
        *("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"),
        *("-F", "title=t", "-F", f"docs=@{place}", f"{url}/named"),
    )

    assert seen[1][0][1] == 3_000_000
