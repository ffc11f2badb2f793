"""Forms, by `Form()` and `File()` parameters and as a whole."""

import asyncio
import gzip
import logging
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, Request, uploads
from bolt_core.config import ServerConfig
from bolt_core.exceptions import ConfigError
from bolt_core.forms import FormData, form_of
from bolt_core.params import File, Form
from bolt_core.uploads import UploadFile
from raw_client import Served

MULTIPART = "multipart/form-data; boundary=XX"


def text(name: str, value: str) -> bytes:
    """A text field of a multipart form."""
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file(field: str, name: str, content: bytes = b"1", kind: str = "text/plain") -> bytes:
    """A file of a multipart form."""
    head = f'--XX\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def shown(upload: UploadFile | None) -> Any:
    """What a handler sees of a file."""
    if upload is None:
        return None
    content = b"".join(upload.chunks())
    return [upload.name, upload.size, upload.content_type, upload.path is not None, zlib.crc32(content)]


def make_api() -> BoltAPI:
    """Routes that read forms."""
    api = BoltAPI()

    @api.put("/one")
    async def one(title: str = Form(), avatar: UploadFile = File(max_size=200_000, allowed_types=["image/*"])) -> Any:
        return [title, shown(avatar)]

    @api.patch("/optional")
    def optional(n: int = Form(), avatar: UploadFile | None = None) -> Any:
        return [n, shown(avatar)]

    @api.post("/list")
    def several(docs: list[UploadFile] = File(max_files=2)) -> Any:
        return [shown(doc) for doc in docs]

    @api.post("/kept")
    async def kept(request: Request, n: int = Form()) -> Any:
        form = form_of(request)
        return [n, [name for name, _ in form.files.multi_items()]]

    @api.post("/any")
    async def anything(request: Request) -> Any:
        return [
            [name, value if isinstance(value, str) else shown(value)] for name, value in form_of(request).multi_items()
        ]

    return api


class Sender:
    """Sends forms to the routes of this module."""

    def __init__(self, server: Served) -> None:
        self._server = server

    def __call__(self, method: str, path: str, body: bytes, content_type: str = MULTIPART, **fields: str) -> Any:
        if content_type == MULTIPART:
            body += b"--XX--\r\n"
        return self.raw(method, path, body, content_type, **fields)

    def raw(self, method: str, path: str, body: bytes, content_type: str, **fields: str) -> Any:
        """A body as it is; the status and the reply's JSON."""
        head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        answer = self._server.send(head.encode() + b"\r\n" + body)
        return answer.status, answer.json()


@pytest.fixture
def send(served: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sender:
    """Sends to a server that keeps 100 kB of files in memory, and takes as much of other data."""
    # Whatever an integration that is loaded beside these tests has registered.
    monkeypatch.setattr(uploads, "_default", UploadFile.from_part)
    config = ServerConfig(max_upload_memory=100_000, max_form_data_size=100_000, upload_dir=str(tmp_path))
    return Sender(served(make_api(), config))


def test_fields_and_files_by_name(send: Sender) -> None:
    """A file says what the client said of it; its name has no folders."""
    body = text("title", "Ü") + file("avatar", "../a.png", b"\x89PNG", "image/png")

    assert send("PUT", "/one", body) == (200, ["Ü", ["a.png", 4, "image/png", False, zlib.crc32(b"\x89PNG")]])


def test_large_files_are_temporary_files(send: Sender, tmp_path: Path) -> None:
    """They have a path as long as the request lives, and none of them stays."""
    content = bytes(range(256)) * 500
    body = text("title", "") + file("avatar", "a.png", content, "image/png")

    status, [_, seen] = send("PUT", "/one", body)

    assert (status, seen) == (200, ["a.png", 128_000, "image/png", True, zlib.crc32(content)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/one", text("title", "") + file("avatar", "a", b"x" * 200_001, "image/png"), 413),
        ("PUT", "/one", text("title", "") + file("avatar", "a", b"x", "text/html"), 415),
        ("POST", "/list", file("docs", "a") * 3, 413),
        ("POST", "/list", file("docs", "a") * 101, 413),
        ("POST", "/any", text("a", "") * 1001, 413),
        ("POST", "/any", text("a", "x" * 100_000), 413),
        ("POST", "/any", text("a", "")[:-4], 400),
        ("POST", "/list", text("a", "")[:-4], 400),
        ("PUT", "/one", file("avatar", "a", b"x", "image/png"), 422),
    ],
)
def test_refused_forms(send: Sender, method: str, path: str, body: bytes, status: int) -> None:
    """Each limit has its status, each refusal says what is wrong."""
    answered, said = send(method, path, body)

    assert answered == status
    assert said["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        (
            "PUT",
            "/one",
            file("avatar", "a", b"x" * 200_001, "image/png"),
            "A file of the field 'avatar' is larger than 200000 bytes",
        ),
        (
            "PUT",
            "/one",
            file("avatar", "a", b"x", "text/html"),
            "A file of the field 'avatar' has a media type that the field does not take",
        ),
        ("POST", "/list", file("docs", "a") * 3, "The field 'docs' takes no more than 2 file(s)"),
    ],
)
def test_what_a_field_refuses_names_it_and_its_limit(
    send: Sender, method: str, path: str, body: bytes, detail: str
) -> None:
    """Both are the route's own words; nothing of the file is repeated."""
    assert send(method, path, body)[1] == {"detail": detail}


def test_an_empty_file_input_is_absent(send: Sender) -> None:
    """Browsers send one for an input that the user left alone."""
    body = text("n", "5") + file("avatar", "", b"", "application/octet-stream")

    assert send("PATCH", "/optional", body) == (200, [5, None])
    assert send("PATCH", "/optional", b"n=5", "application/x-www-form-urlencoded") == (200, [5, None])


def test_a_list_of_files(send: Sender) -> None:
    """In the order sent."""
    status, seen = send("POST", "/list", file("docs", "a") + file("other", "x") + file("docs", "b"))

    assert (status, [name for name, *_ in seen]) == (200, ["a", "b"])


def test_other_media_types(send: Sender) -> None:
    """What is no form is 415 where a form is read, and no form where the handler asks for one."""
    assert send.raw("POST", "/list", b"{}", "application/json")[0] == 415
    assert send.raw("POST", "/any", b"{}", "application/json") == (200, [])


def test_the_form_as_a_whole(send: Sender) -> None:
    """From the body in memory, or as the engine has parsed it; then files that no parameter names are there, too."""
    body = text("n", "1") + text("n", "2") + file("f", "x")

    assert send("POST", "/any", body) == (
        200,
        [["n", "1"], ["n", "2"], ["f", ["x", 1, "text/plain", False, zlib.crc32(b"1")]]],
    )
    assert send("POST", "/any", b"a=1&a=%26", "application/x-www-form-urlencoded") == (200, [["a", "1"], ["a", "&"]])
    assert send("POST", "/kept", body) == (200, [2, ["f"]])


def test_form_data() -> None:
    """A mapping of the last values, as Django's QueryDict is, with all of them at hand."""
    form = FormData([("a", "1"), ("a", "2"), ("b", "")], [("f", "a file")])

    assert (form["a"], form.get("x"), form.getlist("a"), form.getlist("x")) == ("2", None, ["1", "2"], [])
    assert (list(form), len(form), "f" in form, dict(form.files)) == (["a", "b", "f"], 3, True, {"f": "a file"})
    assert dict(form.texts) == {"a": "2", "b": ""}
    with pytest.raises(KeyError):
        form["x"]


def test_a_form_in_a_content_coding(send: Sender) -> None:
    """The limits are those of the decoded form."""
    body = gzip.compress(text("n", "7") + b"--XX--\r\n")

    assert send.raw("POST", "/kept", body, MULTIPART, Content_Encoding="gzip") == (200, [7, []])
    bomb = gzip.compress(text("n", "0" * 5_000_000) + b"--XX--\r\n")
    assert send.raw("POST", "/kept", bomb, MULTIPART, Content_Encoding="gzip")[0] == 413
    assert send.raw("POST", "/kept", b"", MULTIPART, Content_Encoding="br")[0] == 422
    assert send.raw("POST", "/kept", b"n=1", MULTIPART, Content_Encoding="lzma")[0] == 415


def test_a_folder_that_is_none() -> None:
    """Told when the server is configured, not with the first upload."""
    with pytest.raises(ConfigError, match="upload_dir"):
        ServerConfig(upload_dir="/nowhere/at/all")


@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_a_handler_that_raises_leaves_no_file(
    served: Callable[..., Served], tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does what it raised, though it knows the handler's variables."""
    # What pytest captures keeps the exception, and with it the file.
    monkeypatch.setattr(logging.getLogger("bolt_core"), "disabled", True)
    api = BoltAPI()

    @api.post("/sync")
    def fail(doc: UploadFile) -> Any:
        assert doc.path is not None
        assert doc.path.exists()
        raise RuntimeError("no luck")

    @api.post("/async")
    async def fail_later(doc: UploadFile) -> Any:
        await asyncio.sleep(0)
        doc.read(1)
        raise RuntimeError("no luck")

    send = Sender(served(api, ServerConfig(max_upload_memory=10, upload_dir=str(tmp_path))))
    assert send("POST", path, file("doc", "a", b"x" * 100_000))[0] == 500
    # The reply is on its way before the last reference is gone; the next request comes after that.
    assert send("POST", path, b"")[0] == 422
    assert list(tmp_path.iterdir()) == []
