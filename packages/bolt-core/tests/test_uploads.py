"""`UploadFile`, and the classes that stand for uploads."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from bolt_core import uploads
from bolt_core._native import FilePart
from bolt_core.exceptions import ConfigError
from bolt_core.uploads import UploadFile, default_upload_factory, register_upload_class, upload_factory


@dataclass
class Part:
    """What the engine hands over."""

    content: bytes
    path: str | None = None
    field: str = "f"
    name: str = "a.txt"
    content_type: str = "text/plain"
    charset: str | None = None

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def read(self) -> bytes:
        """All of it."""
        return self.content


@pytest.fixture(params=["memory", "disk"])
def upload(request: pytest.FixtureRequest, tmp_path: Path) -> UploadFile:
    """Two lines, in memory or on disk."""
    part = Part(b"one\ntwo\n")
    if request.param == "disk":
        place = tmp_path / "x.upload"
        place.write_bytes(part.content)
        part.path = str(place)
    return UploadFile(cast(FilePart, part))


def test_reads_like_a_file(upload: UploadFile) -> None:
    """Wherever its content is."""
    assert (upload.name, upload.size, upload.content_type, upload.charset) == ("a.txt", 8, "text/plain", None)
    assert (upload.field_name, len(upload), bool(upload)) == ("f", 8, True)
    assert (upload.read(2), upload.tell(), upload.readline(), upload.read()) == (b"on", 2, b"e\n", b"two\n")
    assert upload.seek(4) == 4
    assert list(upload) == [b"two\n"]
    assert list(upload.chunks(5)) == [b"one\nt", b"wo\n"]
    assert (upload.readable(), upload.seekable(), upload.writable()) == (True, True, False)
    upload.close()


def test_opens_again(upload: UploadFile) -> None:
    """Closing a file does not lose it while the object lives."""
    with upload as file:
        file.read()
    assert upload.closed
    with upload.open() as file:
        assert (file.closed, file.read()) == (False, b"one\ntwo\n")


def test_where_it_is(upload: UploadFile) -> None:
    """Only a file on disk has a path."""
    if upload.path is None:
        assert not upload.multiple_chunks(1)
        with pytest.raises(ValueError, match="in memory"):
            upload.temporary_file_path()
    else:
        assert upload.temporary_file_path() == str(upload.path)
        assert (upload.multiple_chunks(7), upload.multiple_chunks(8)) == (True, False)


@pytest.fixture
def registry() -> Iterator[None]:
    """Forgets what a test registers."""
    before, default = dict(uploads._factories), uploads._default
    yield
    uploads._factories.clear()
    uploads._factories.update(before)
    uploads._default = default


def test_classes_of_uploads(registry: None) -> None:
    """A registered class, or one that derives from it and can be made; nothing else."""

    class Picture(UploadFile):
        pass

    class Foreign:
        pass

    class Derived(Foreign):
        pass

    part: Any = Part(b"")
    assert upload_factory(int) is None
    assert upload_factory("no class") is None
    assert upload_factory(Foreign) is None
    made = upload_factory(Picture)
    assert made is not None
    assert isinstance(made(part), Picture)
    register_upload_class(Foreign, lambda part: Foreign(), default=True)
    factory = upload_factory(Foreign)
    assert factory is not None
    assert isinstance(factory(part), Foreign)
    assert isinstance(default_upload_factory()(part), Foreign)
    with pytest.raises(ConfigError, match="from_part"):
        upload_factory(Derived)
