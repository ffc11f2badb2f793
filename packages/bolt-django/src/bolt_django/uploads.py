"""Uploaded files as Django knows them, and Django's upload settings as the server's limits."""

import io
import sys
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any, Self

from bolt_core.config import register_presets
from bolt_core.uploads import register_upload_class
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile, UploadedFile

if TYPE_CHECKING:
    from bolt_core._native import FilePart

    _UploadedFile = UploadedFile[bytes]
else:
    _UploadedFile = UploadedFile

__all__ = ["UploadFile", "register"]


class UploadFile(_UploadedFile):
    """A file that a client uploaded; Django's `UploadedFile` in every respect.

    Small files are in memory (`InMemoryUploadedFile`), large ones in a temporary file (`TemporaryUploadedFile`), from
    where Django's storage moves them. A file that nothing refers to any more is removed.
    """

    @classmethod
    def from_part(cls, part: "FilePart") -> "UploadFile":
        """The object for a file that the engine has read."""
        return MemoryUploadFile(part) if part.path is None else DiskUploadFile(part)


class MemoryUploadFile(UploadFile, InMemoryUploadedFile):
    """An uploaded file in memory."""

    def __init__(self, part: "FilePart") -> None:
        self._part = part
        content = io.BytesIO(part.read())
        InMemoryUploadedFile.__init__(
            self, content, part.field, part.name, part.content_type, part.size, part.charset, {}
        )

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the start; unlike Django's own, a file that was closed is opened again."""
        if self.closed:
            self.file = io.BytesIO(self._part.read())
        self.seek(0)
        return self


class DiskUploadFile(UploadFile, TemporaryUploadedFile):
    """An uploaded file in a temporary file, opened when it is first read."""

    def __init__(self, part: "FilePart") -> None:
        self._opened: IO[bytes] | None = None
        self._part = part
        # Not TemporaryUploadedFile's own, which makes another temporary file.
        UploadedFile.__init__(self, None, part.name, part.content_type, part.size, part.charset, {})
        self.field_name = part.field

    @property
    def file(self) -> IO[bytes]:
        """The open temporary file."""
        if self._opened is None:
            self._opened = open(self.temporary_file_path(), "rb")  # noqa: SIM115
        return self._opened

    @file.setter
    def file(self, value: IO[bytes] | None) -> None:
        self._opened = value

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._opened is not None and self._opened.closed

    def temporary_file_path(self) -> str:
        """Where the file lies until it is moved or dropped."""
        path = self._part.path
        assert path is not None
        return path

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the start; a file that was closed is opened again, if it was not moved away."""
        if self.closed:
            self._opened = None
        self.file.seek(0)
        return self

    def close(self) -> None:
        """Close the file; the temporary file stays while the object lives."""
        if self._opened is not None:
            self._opened.close()

    def __del__(self) -> None:
        # Nobody closes an upload by hand; it ends with its request.
        self.close()


def server_presets() -> Mapping[str, Any]:
    """Django's upload settings as fields of `ServerConfig`; `None` there means no limit."""
    unlimited = sys.maxsize

    def limit(name: str) -> int:
        value = getattr(settings, name)
        return unlimited if value is None else int(value)

    presets: dict[str, Any] = {
        "max_form_data_size": limit("DATA_UPLOAD_MAX_MEMORY_SIZE"),
        "max_form_fields": limit("DATA_UPLOAD_MAX_NUMBER_FIELDS"),
        "max_form_files": limit("DATA_UPLOAD_MAX_NUMBER_FILES"),
        "max_upload_memory": int(settings.FILE_UPLOAD_MAX_MEMORY_SIZE),
        "max_body_size": limit("DATA_UPLOAD_MAX_MEMORY_SIZE"),
    }
    if settings.FILE_UPLOAD_TEMP_DIR is not None:
        presets["upload_dir"] = str(settings.FILE_UPLOAD_TEMP_DIR)
    return presets


def register() -> None:
    """Make Django's settings the server's defaults, and its class that of files which nothing annotates."""
    register_upload_class(UploadFile, UploadFile.from_part, default=True)
    register_presets(server_presets)


# Whatever the annotation says, the size decides where a file is. Done on import, so that the annotation always works.
for _annotation in (UploadFile, UploadedFile, InMemoryUploadedFile, TemporaryUploadedFile):
    register_upload_class(_annotation, UploadFile.from_part)
