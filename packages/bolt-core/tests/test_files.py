"""`FileResponse`: what it says about a file, and what clients get."""

import os
import pathlib
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, ConfigError, FileResponse, Response
from bolt_core.config import ServerConfig
from bolt_core.files import Offload, content_disposition, media_type_of, offload_of
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool
from raw_client import Served

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files, and a secret beside it."""
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (folder / "data.bin").write_bytes(CONTENT)
    (folder / "sub" / "ü.txt").write_text("grün")
    (folder / "empty").touch()
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to("data.bin")
    (folder / "out").symlink_to("../secret")
    os.mkfifo(folder / "fifo")
    return folder


@pytest.fixture
def files(served: Callable[..., Served], root: Path) -> Served:
    """Serves the folder from an async and a def handler."""
    api = BoltAPI()

    @api.get("/async/{name:path}")
    async def on_loop(name: str) -> FileResponse:
        return FileResponse(name, root=root)

    @api.get("/sync/{name:path}")
    def in_pool(name: str) -> FileResponse:
        return FileResponse(name, root=root)

    @api.post("/post")
    def post() -> FileResponse:
        return FileResponse(root / "data.bin", status_code=201)

    return served(api)


def ask(path: str, method: str = "GET", **fields: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n".encode()


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_file_arrives_whole(files: Served, root: Path, kind: str) -> None:
    """With its length, its type, its name, its validators, and word that ranges are served."""
    answer = files.get(f"/{kind}/data.bin")

    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'inline; filename="data.bin"'
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["last-modified"] == formatdate(int((root / "data.bin").stat().st_mtime), usegmt=True)
    assert answer.headers["etag"].startswith('"')


def test_a_small_file_an_empty_one_and_a_link(files: Served) -> None:
    """All arrive; text names its charset, a name beyond ASCII is sent as RFC 8187 has it."""
    text = files.get("/sync/sub/%C3%BC.txt")

    assert text.body.decode() == "grün"
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["content-disposition"] == "inline; filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"
    assert files.get("/async/empty").body == b""
    assert files.get("/async/link").body == CONTENT


@pytest.mark.parametrize(
    "name",
    ["missing", "sub", ".", "fifo", "out", "../secret", "sub/../../secret", "%2Fetc%2Fpasswd", "a%00b", "data.bin/x"],
)
def test_what_is_no_file_of_the_root_is_not_found(
    files: Served, name: str, caplog: pytest.LogCaptureFixture, root: Path
) -> None:
    """404 in the errors' own shape, no path in it; the log has it."""
    answer = files.send(ask(f"/async/{name.replace('..', '%2E%2E')}"))

    assert (answer.status, answer.json()) == (404, {"detail": "Not Found"})
    # The loop logs before it runs the next handler.
    files.get("/async/empty")
    if name != ".":
        assert "a file was not sent" in caplog.text
        assert str(root) in caplog.text


def test_a_file_that_may_not_be_read_is_forbidden(files: Served, root: Path) -> None:
    """403, as it is for nginx; the superuser reads everything."""
    path = root / "empty"
    path.chmod(0)

    assert files.get("/sync/empty").status == (200 if os.access(path, os.R_OK) else 403)


def test_head_has_the_fields_of_get(files: Served) -> None:
    """RFC 9110 §9.3.2; a range is of no interest to it."""
    answer = files.send(ask("/sync/data.bin", "HEAD", Range="bytes=0-1"), head=True)

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(CONTENT)))


@pytest.mark.parametrize(
    ("field", "status", "body"),
    [
        ("bytes=0-9", 206, CONTENT[:10]),
        ("bytes=-7", 206, CONTENT[-7:]),
        ("bytes=255990-", 206, CONTENT[255990:]),
        ("bytes=5-4", 200, CONTENT),
        ("pages=1-2", 200, CONTENT),
        ("bytes=" + ",".join(["0-"] * 100), 200, CONTENT),
        ("bytes=256000-", 416, b'{"detail":"Range Not Satisfiable"}'),
    ],
)
def test_ranges(files: Served, field: str, status: int, body: bytes) -> None:
    """RFC 9110 §14: one range, from either end; malformed, foreign and excessive ones are ignored."""
    answer = files.send(ask("/async/data.bin", Range=field))

    assert (answer.status, answer.body) == (status, body)
    if status == 416:
        assert answer.headers["content-range"] == "bytes */256000"


def test_preconditions(files: Served) -> None:
    """304 with what a cache needs, 412, and If-Range, by tag and date."""
    first = files.get("/async/data.bin").headers
    tag, date = first["etag"], first["last-modified"]
    status = lambda **fields: files.send(ask("/async/data.bin", **fields)).status  # noqa: E731

    unchanged = files.send(ask("/async/data.bin", If_None_Match=f'"x", W/{tag}'))
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", tag)
    assert "content-type" not in unchanged.headers
    assert status(If_Modified_Since=date) == 304
    assert status(If_None_Match='"x"', If_Modified_Since=date) == 200
    assert status(If_Match='"x"') == 412
    assert status(If_Match=tag, Range="bytes=0-0") == 206
    assert status(If_Range=tag, Range="bytes=0-0") == 206
    assert status(If_Range=f"W/{tag}", Range="bytes=0-0") == 200
    assert status(If_Range=date, Range="bytes=0-0") == 206


def test_a_changed_file_has_another_tag(files: Served, root: Path) -> None:
    """So that a client does not join two versions."""
    before = files.get("/sync/data.bin").headers["etag"]
    os.utime(root / "data.bin", ns=(1, 1))

    assert files.get("/sync/data.bin").headers["etag"] != before


def test_a_status_other_than_200_is_sent_whole(files: Served) -> None:
    """Ranges and conditions are about the resource, which another status is not."""
    answer = files.send(ask("/post", "POST", Range="bytes=0-1", Content_Length="0"))

    assert (answer.status, answer.body) == (201, CONTENT)


def test_a_file_with_a_status_in_a_tuple_and_fields_of_its_own(served: Callable[..., Served], root: Path) -> None:
    """The handler's fields win over those of the file; a page for an error may be a file."""
    api = BoltAPI()

    @api.get("/tuple")
    async def error_page() -> Any:
        return FileResponse(root / "empty"), 503

    @api.get("/own")
    def own() -> FileResponse:
        headers = {"ETag": '"mine"', "Content-Type": "text/x-mine", "Content-Disposition": "inline", "X-A": "1"}
        return FileResponse(root / "link", headers=headers)

    server = served(api)
    answer = server.get("/own")

    assert server.get("/tuple").status == 503
    assert answer.headers["etag"] == '"mine"'
    assert answer.headers["content-type"] == "text/x-mine"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["x-a"] == "1"
    assert server.send(ask("/own", If_None_Match='"mine"')).status == 304


def test_the_proxy_is_told_which_file_to_send(served: Callable[..., Served], root: Path) -> None:
    """X-Accel-Redirect names the file by its location and X-Sendfile by its path; other files are sent."""
    for option, name, value in [
        ({"x_accel_redirect": {root: "/protected"}}, "x-accel-redirect", "/protected/sub/%C3%BC.txt"),
        ({"x_sendfile": [root]}, "x-sendfile", f"{root}/sub/%C3%BC.txt"),
    ]:
        api = BoltAPI(**option)  # type: ignore[arg-type]

        @api.get("/in")
        async def inside() -> FileResponse:
            return FileResponse("sub/ü.txt", root=root, as_attachment=True)

        @api.get("/out")
        async def outside() -> FileResponse:
            return FileResponse(root.parent / "secret")

        server = served(api)
        answer = server.get("/in")
        assert (answer.status, answer.body, answer.headers[name]) == (200, b"", value)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert server.get("/out").body == b"secret"


@pytest.mark.parametrize(
    ("name", "as_attachment", "value"),
    [
        ("a.txt", False, 'inline; filename="a.txt"'),
        ('a "b" \\c', True, 'attachment; filename="a \\"b\\" \\\\c"'),
        ("naïve €.txt", True, "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt"),
        (
            "a\r\nSet-Cookie: x",
            False,
            "inline; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x",
        ),
        ("\udcff.txt", False, "inline; filename=\"_.txt\"; filename*=UTF-8''%FF.txt"),
        ("", True, "attachment"),
        ("", False, None),
    ],
)
def test_names_are_quoted_or_encoded(name: str, as_attachment: bool, value: str | None) -> None:
    """RFC 6266 and RFC 8187; a line break stays within the value."""
    assert content_disposition(name, as_attachment=as_attachment) == value


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.html", "text/html"),
        ("a.tar.gz", "application/gzip"),
        ("a.txt.xz", "application/x-xz"),
        ("a.unknown", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_type_follows_from_the_name(name: str, media_type: str) -> None:
    """As Django's FileResponse has it: what is packed is not called by what is inside."""
    assert media_type_of(name) == media_type


def test_the_name_offered_decides_type_and_disposition() -> None:
    """Only its last component is offered; an explicit type wins."""
    response = FileResponse("/srv/1234", filename="/reports/may.pdf", as_attachment=True)

    assert response.content_type == "application/pdf"
    assert ("content-disposition", 'attachment; filename="may.pdf"') in response.fields()
    assert FileResponse(pathlib.PurePath("/a.txt"), media_type="text/csv").content_type == "text/csv; charset=utf-8"


def test_what_is_no_path_is_refused(tmp_path: Path) -> None:
    """At construction, with the remedy."""
    with (tmp_path / "a").open("wb") as opened, pytest.raises(TypeError, match="StreamingResponse"):
        FileResponse(opened)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes a path, str or"):
        FileResponse(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes root as a path"):
        FileResponse("a", root=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="status_code"):
        FileResponse("a", status_code=99)


@pytest.mark.parametrize(
    ("accel", "sendfile", "message"),
    [
        ({"/a": "/b"}, ["/a"], "exclude each other"),
        ({"a": "/b"}, None, "absolute path"),
        ({"/a": "b"}, None, "no location of nginx"),
        ({"/a": "/b\n"}, None, "no location of nginx"),
        ("/a", None, "give a dict"),
        (None, "/a", "give a list"),
        (None, [3], "absolute path"),
    ],
)
def test_a_wrong_offload_is_refused(accel: Any, sendfile: Any, message: str) -> None:
    """When the application is made."""
    with pytest.raises(ConfigError, match=message):
        BoltAPI(x_accel_redirect=accel, x_sendfile=sendfile)


def test_no_offload() -> None:
    """Nothing, or an empty setting, leaves every file to the server."""
    assert offload_of(None, None) is offload_of({}, []) is None
    assert offload_of({"/a/": "/b"}, None) == Offload("X-Accel-Redirect", (("/a", "/b"),))


@pytest.fixture
def url(root: Path) -> Iterator[str]:
    """The folder and a dynamic reply served over TCP, on a thread of their own."""
    api = BoltAPI()

    @api.get("/{name:path}")
    async def get(name: str) -> FileResponse:
        return FileResponse(name, root=root)

    @api.get("/dynamic")
    async def dynamic() -> Response:
        return Response(b"dynamic", headers={"ETag": '"d"'})

    server = InProcessServer(api.freeze(), ServerConfig(shutdown_timeout=5.0), pool=Pool(1))
    server.start()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server.listen(listener)
    yield f"http://127.0.0.1:{port}"
    server.close()


def curl(*arguments: str | Path) -> bytes:
    done = subprocess.run(["curl", "-sS", *map(str, arguments)], capture_output=True, timeout=20, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_downloads_resumes_and_revalidates(url: str, root: Path, tmp_path: Path) -> None:
    """`-r`, `-C -`, `-z`, `--etag-save` and `--etag-compare` do what they promise."""
    target = f"{url}/data.bin"
    saved, tag, partly = tmp_path / "saved", tmp_path / "tag", tmp_path / "partly"
    code = ("-w", "%{http_code}")

    assert curl(target) == CONTENT
    assert curl("-r", "10-19", target) == CONTENT[10:20]
    assert curl("-r", "-5", target) == CONTENT[-5:]
    assert b"content-range: bytes 0-1/256000" in curl("-r", "0-1,9000-9001", target)
    partly.write_bytes(CONTENT[:100_000])
    assert curl("-C", "-", "-o", partly, *code, target) == b"206"
    assert partly.read_bytes() == CONTENT
    assert curl("-z", root / "data.bin", "-o", saved, *code, target) == b"304"
    for path in (target, f"{url}/dynamic"):
        assert curl("--etag-save", tag, "-o", saved, *code, path) == b"200"
        assert curl("--etag-compare", tag, "-o", saved, *code, path) == b"304"
