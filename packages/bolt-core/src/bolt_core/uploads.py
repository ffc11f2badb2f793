"""Uploaded files as handlers get them, and which annotations ask for one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from .exceptions import ConfigError

if TYPE_CHECKING:
    from ._native import FilePart

__all__ = ["UploadFile", "default_upload_factory", "register_upload_class", "upload_factory"]


class UploadFile:
    """An uploaded file, in memory or in a temporary file, with the interface of Django's `UploadedFile`.

    The temporary file is removed once nothing refers to the object any more; to keep the content, copy it or move the
    file away (`temporary_file_path`).
    """

    DEFAULT_CHUNK_SIZE = 64 * 1024
    """Bytes of one piece of `chunks()`."""

    def __init__(self, part: FilePart) -> None:
        self._file: IO[bytes] | None = None
        self._part = part
        self.name: str = part.name
        """The name that the client gave the file, reduced to its last component."""
        self.size: int = part.size
        """In bytes."""
        self.content_type: str = part.content_type
        """The media type that the client claims, without parameters; empty where it claims none."""
        self.charset: str | None = part.charset
        """The `charset` parameter of that type."""
        self.field_name: str = part.field
        """The form field that the file was sent in."""

    @classmethod
    def from_part(cls, part: FilePart) -> Self:
        """The object for a file that the engine has read."""
        return cls(part)

    @property
    def file(self) -> IO[bytes]:
        """The open file itself."""
        if self._file is None:
            path = self._part.path
            self._file = io.BytesIO(self._part.read()) if path is None else open(path, "rb")  # noqa: SIM115
        return self._file

    @property
    def path(self) -> Path | None:
        """Where the temporary file lies; `None` for a file in memory."""
        path = self._part.path
        return None if path is None else Path(path)

    def temporary_file_path(self) -> str:
        """The temporary file's path, to move it away; raises `ValueError` for a file in memory."""
        path = self._part.path
        if path is None:
            raise ValueError("this file is held in memory; read() it, or iterate over chunks()")
        return path

    def read(self, size: int = -1) -> bytes:
        """The next *size* bytes; all that is left by default."""
        return self.file.read(size)

    def readline(self, size: int = -1) -> bytes:
        """The next line with its end."""
        return self.file.readline(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to another place in the file; returns it."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self.file.tell()

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The whole content, in pieces of *chunk_size* bytes."""
        self.seek(0)
        while chunk := self.read(chunk_size or self.DEFAULT_CHUNK_SIZE):
            yield chunk

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Whether `chunks()` yields more than one piece of a file on disk; a file in memory is best read at once."""
        return self._part.path is not None and self.size > (chunk_size or self.DEFAULT_CHUNK_SIZE)

    def open(self, mode: str | None = None) -> Self:
        """Go back to the start, opening the file again if it was closed. *mode* is there for Django's interface."""
        if self._file is not None and not self._file.closed:
            self._file.seek(0)
        else:
            self._file = None
        return self

    def close(self) -> None:
        """Close the file; `open()` opens it again as long as the object lives."""
        if self._file is not None:
            self._file.close()

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._file is not None and self._file.closed

    def readable(self) -> bool:
        """True, for what takes any open file."""
        return True

    def writable(self) -> bool:
        """False: an upload is read."""
        return False

    def seekable(self) -> bool:
        """True."""
        return True

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.file)

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Nobody closes an upload by hand; it ends with its request.
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name} ({self.content_type})>"


_factories: dict[type, Callable[[FilePart], Any]] = {}
_default: Callable[[FilePart], Any] = UploadFile.from_part


def register_upload_class(annotation_class: type, factory: Callable[[FilePart], Any], *, default: bool = False) -> None:
    """Let parameters annotated with *annotation_class* take uploaded files.

    *factory* makes the object from what the engine read. *default*: also where no annotation says of which class a file
    is to be, as in `request.form()`.
    """
    global _default
    _factories[annotation_class] = factory
    if default:
        _default = factory


def default_upload_factory() -> Callable[[FilePart], Any]:
    """What makes a file where no annotation says of which class."""
    return _default


def upload_factory(type_: Any) -> Callable[[FilePart], Any] | None:
    """What makes an object of *type_* from an uploaded file; `None` if *type_* is no class of uploads.

    A subclass of a registered class is made by its class method `from_part(part)`. Raises `ConfigError` for one that
    has none.
    """
    if not isinstance(type_, type):
        return None
    if type_ in _factories:
        return _factories[type_]
    if not any(base in _factories for base in type_.__mro__):
        return None
    made: Callable[[FilePart], Any] | None = getattr(type_, "from_part", None)
    if made is None:
        raise ConfigError(
            f"takes uploads of type {type_.__name__}, which nothing can make: give it a class method from_part(part), "
            "or register it with register_upload_class()"
        )
    return made


register_upload_class(UploadFile, UploadFile.from_part)
