"""Uploads in a Django project: the classes, models that take them, and the settings."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bolt_core.config import ServerConfig
from bolt_django.project import Project, build
from bolt_django.uploads import server_presets
from boltsite.shop.models import Product
from boltsite.shop.uploads import api
from boltsite_tools.inprocess import Client
from django.conf import settings
from django.test import override_settings

SMALL, LARGE = b"small", bytes(range(256)) * 20_000


def form(*parts: tuple[str, bytes], name: str = "axe") -> bytes:
    """A multipart form of a name and pictures."""
    body = f'--XX\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'.encode()
    for field, content in parts:
        head = f'--XX\r\nContent-Disposition: form-data; name="{field}"; filename="p.png"\r\n'
        body += head.encode() + b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"
    return body + b"--XX--\r\n"


def post(client: Client, path: str, body: bytes) -> Any:
    """The reply to a form."""
    return client.request("POST", f"/uploads{path}", body, {"Content-Type": "multipart/form-data; boundary=XX"})


@pytest.fixture(scope="module")
def upload_project() -> Project:
    """The routes that take uploads."""
    return build([api])


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Folders for media and for temporary files, with permissions for what is saved."""
    media, temporary = tmp_path / "media", tmp_path / "temporary"
    temporary.mkdir()
    with override_settings(MEDIA_ROOT=str(media), FILE_UPLOAD_TEMP_DIR=str(temporary), FILE_UPLOAD_PERMISSIONS=0o640):
        yield media, temporary


@pytest.mark.django_db
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["memory", "disk"])
@pytest.mark.parametrize("path", ["/sync", "/async"])
def test_a_model_takes_an_upload_as_it_is(
    upload_project: Project, places: tuple[Path, Path], path: str, content: bytes
) -> None:
    """Saved with the permissions of the settings; the temporary file is moved, and nothing of it stays."""
    media, temporary = places
    with Client(upload_project) as client:
        reply = post(client, path, form(("picture", content)))

    assert reply.status == 200, reply.body
    saved = Path(reply.json()["path"])
    assert saved.is_relative_to(media)
    assert saved.read_bytes() == content
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640
    assert list(temporary.iterdir()) == []
    assert Product.objects.get(name="axe").picture.size == len(content)


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "disk"), [(SMALL, False), (LARGE, True)], ids=["memory", "disk"])
def test_an_upload_is_one_of_django_s(
    upload_project: Project, places: tuple[Path, Path], content: bytes, disk: bool
) -> None:
    """In memory or in a temporary file, by its size."""
    with Client(upload_project) as client:
        seen = post(client, "/sync", form(("picture", content))).json()

    del seen["path"]
    assert seen == {
        "name": "p.png",
        "size": len(content),
        "type": "image/png",
        "django": True,
        "memory": not disk,
        "disk": disk,
    }


def test_reading_twice(upload_project: Project, places: tuple[Path, Path]) -> None:
    """A file that was closed opens again."""
    with Client(upload_project) as client:
        reply = post(client, "/twice", form(("pictures", SMALL), ("pictures", LARGE)))

    assert reply.json() == [[True, len(SMALL), False], [True, len(LARGE), True]]


def test_a_whole_form_has_django_s_files(upload_project: Project) -> None:
    """Where no annotation says of which class they are."""
    with Client(upload_project) as client:
        [seen] = post(client, "/form", form(("picture", SMALL))).json()

    assert (seen["django"], seen["memory"]) == (True, True)


@pytest.mark.parametrize(
    ("setting", "value", "status"),
    [
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 5, 413),
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 0, 413),
        ("DATA_UPLOAD_MAX_NUMBER_FILES", 1, 413),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", None, 200),
    ],
)
def test_settings_are_the_limits(upload_project: Project, setting: str, value: Any, status: int) -> None:
    """Of a server that starts while they hold."""
    with override_settings(**{setting: value}), Client(upload_project) as client:
        reply = post(client, "/twice", form(("pictures", SMALL), ("pictures", SMALL)))

    assert reply.status == status


def test_server_settings_come_first(tmp_path: Path) -> None:
    """`BOLT["SERVER"]` names the same limits for the API alone."""
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=3, FILE_UPLOAD_TEMP_DIR=tmp_path):
        assert ServerConfig().max_form_fields == 3
        assert ServerConfig(max_form_fields=4).max_form_fields == 4
        assert server_presets()["upload_dir"] == str(tmp_path)
    assert ServerConfig().max_form_fields == settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
