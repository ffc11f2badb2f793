"""Django's file responses from handlers, and files that the proxy sends."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, ConfigError, FileResponse
from bolt_core.files import Offload
from bolt_django import files, project
from boltsite.shop import api as shop
from boltsite_tools.inprocess import Client
from django import http
from django.core.files.base import ContentFile, File
from django.core.signals import request_finished
from django.db import close_old_connections

pytestmark = pytest.mark.django_db

SOURCE = Path(shop.__file__)


def test_a_file_response_of_django(client: Client) -> None:
    """It keeps Django's header fields, arrives whole, and has ranges besides."""
    whole = client.get("/shop/file")
    part = client.get("/shop/file", {"Range": "bytes=1-8"})

    assert (whole.status, whole.body) == (200, SOURCE.read_bytes())
    assert whole.headers["Content-Disposition"] == 'attachment; filename="api.py"'
    assert whole.headers.get_all("Content-Length") == [str(SOURCE.stat().st_size)]
    assert (part.status, part.body) == (206, SOURCE.read_bytes()[1:9])


def test_a_file_response_of_an_async_handler(client: Client) -> None:
    """It is sent the same way; the entity tag that Django was given counts."""
    assert client.get("/shop/file/async").body == SOURCE.read_bytes()
    assert client.get("/shop/file/async", {"If-None-Match": '"own"'}).status == 304


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("packed", b"unpacked"),
        ("rest", SOURCE.read_bytes()[10:]),
        ("memory", b"in memory"),
    ],
)
def test_what_is_not_a_whole_file_is_streamed(client: Client, path: str, body: bytes) -> None:
    """A file object that unpacks, one that was read from, and one in memory are read as Django reads them."""
    reply = client.get(f"/shop/file/{path}")

    assert (reply.status, reply.body, reply.headers["Accept-Ranges"]) == (200, body, None)


@pytest.fixture
def connections_stay() -> Iterator[None]:
    """A response that is closed closes connections, the test's own among them; Django's test client does this, too."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("connections_stay")
def test_which_file_objects_the_engine_sends(tmp_path: Path) -> None:
    """Plain open files, also within Django's File; nothing whose class may read otherwise."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")

    class Upper(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(-1 if size is None else size).upper()

    def sends(file: Any) -> bool:
        response = http.FileResponse(file)
        found = files.body_of(response)
        response.close()
        return found is not None

    assert sends(path.open("rb"))
    assert sends(path.open("rb", buffering=0))
    assert sends(File(path.open("rb")))
    assert not sends(Upper(path))
    assert not sends(io.BufferedReader(Upper(path)))
    assert not sends(ContentFile(b"content"))
    assert not sends(Path("/dev/null").open("rb"))  # noqa: SIM115
    assert files.body_of(http.StreamingHttpResponse([b"a"])) is None
    response = http.FileResponse(path.open("rb"))
    response.streaming_content = [b"replaced"]
    assert files.body_of(response) is None
    response.close()


def test_the_settings_name_what_the_proxy_sends(settings: Any, tmp_path: Path) -> None:
    """A file below a folder of BOLT["X_ACCEL_REDIRECT"] is left to nginx, by its location."""
    settings.BOLT = {"X_ACCEL_REDIRECT": {tmp_path: "/protected/"}}
    api = BoltAPI()

    @api.get("/offloaded")
    def offloaded() -> FileResponse:
        return FileResponse("a b.txt", root=tmp_path)

    with Client(project.build([api])) as client:
        reply = client.get("/offloaded")

    assert (reply.status, reply.body, reply.headers["X-Accel-Redirect"]) == (200, b"", "/protected/a%20b.txt")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_apis_and_settings_add_up(settings: Any) -> None:
    """Their folders are joined; two ways of telling the proxy, or two locations of one folder, are an error."""
    settings.BOLT = {"X_SENDFILE": ["/srv/a"]}
    one = BoltAPI(x_sendfile=["/srv/b/"])

    assert files.offload([one, BoltAPI()]) == Offload("X-Sendfile", (("/srv/b", ""), ("/srv/a", "")))
    with pytest.raises(ConfigError, match="use one way"):
        files.offload([BoltAPI(x_accel_redirect={"/srv/c": "/c"})])
    settings.BOLT = {}
    assert files.offload([BoltAPI()]) is None
    with pytest.raises(ConfigError, match="two locations"):
        files.offload([BoltAPI(x_accel_redirect={"/srv": "/a"}), BoltAPI(x_accel_redirect={"/srv": "/b"})])
