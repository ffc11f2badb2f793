"""What `FileResponse` says about a file, and which files a proxy sends in the server's place.

The file itself is opened and sent by the engine: see `docs/reference/files.md`.
"""

import mimetypes
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from bolt_core._native import FileBody
from bolt_core.exceptions import ConfigError

__all__ = ["Offload", "StrPath", "content_disposition", "file_body", "media_type_of", "offload_of"]

type StrPath = str | os.PathLike[str]

# As Django's FileResponse: a browser told of the encoding would unpack what the user wants to keep packed.
_PACKED = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}
_UNPRINTABLE = re.compile(r"[^ -~]")
# `attr-char` of RFC 8187 §3.2.1, letters and digits apart.
_ATTR_CHARS = "!#$&+-.^_`|~"


def file_body(path: StrPath, root: StrPath | None) -> FileBody:
    """The file as the engine takes it. Raises `TypeError` for what is no path."""
    for name, value in (("a path", path), ("root as a path", root)):
        if not isinstance(value, str | os.PathLike) and not (value is None and value is root):
            found = type(value).__qualname__
            hint = "; send an open file with StreamingResponse" if hasattr(value, "read") else ""
            raise TypeError(f"FileResponse takes {name}, str or os.PathLike, not {found}{hint}")
    return FileBody(path, root)


@lru_cache(maxsize=1024)
def media_type_of(filename: str) -> str:
    """The media type by the name's extension, `application/octet-stream` for an unknown one."""
    media_type, encoding = mimetypes.guess_type(filename)
    if encoding is not None:
        media_type = _PACKED.get(encoding)
    return media_type or "application/octet-stream"


def content_disposition(filename: str, *, as_attachment: bool) -> str | None:
    """The field's value (RFC 6266), as Django's `content_disposition_header`; `None` where there is nothing to say.

    A name beyond printable ASCII is sent as `filename*` (RFC 8187), with a plain one for clients that read no other.
    """
    kind = "attachment" if as_attachment else "inline"
    if not filename:
        return kind if as_attachment else None
    plain = _UNPRINTABLE.sub("_", filename)
    escaped = plain.replace("\\", "\\\\").replace('"', r"\"")
    value = f'{kind}; filename="{escaped}"'
    if plain == filename:
        return value
    # A name that is no valid text of its file system comes with surrogates.
    encoded = quote(filename.encode("utf-8", "surrogateescape"), safe=_ATTR_CHARS)
    return f"{value}; filename*=UTF-8''{encoded}"


@dataclass(frozen=True, slots=True)
class Offload:
    """Files that the proxy sends: the header that tells it, and folders with what stands for them there."""

    header: Literal["X-Accel-Redirect", "X-Sendfile"]
    roots: tuple[tuple[str, str], ...]

    def to_wire(self) -> tuple[str, list[tuple[str, str]]]:
        """As the engine reads it."""
        return self.header, list(self.roots)


def offload_of(
    x_accel_redirect: Mapping[StrPath, str] | None, x_sendfile: Iterable[StrPath] | None
) -> Offload | None:
    """The two options as one; `None` where neither is given. Raises `ConfigError` for what cannot work."""
    if x_accel_redirect and x_sendfile:
        raise ConfigError("x_accel_redirect and x_sendfile exclude each other; give the one that your proxy reads")
    if x_accel_redirect:
        if not isinstance(x_accel_redirect, Mapping):
            raise ConfigError(f"x_accel_redirect={x_accel_redirect!r}; give a dict of folders and location prefixes")
        roots = tuple((_folder(root), _prefix(prefix)) for root, prefix in x_accel_redirect.items())
        return Offload("X-Accel-Redirect", roots)
    if x_sendfile:
        if isinstance(x_sendfile, str | Mapping) or not isinstance(x_sendfile, Iterable):
            raise ConfigError(f"x_sendfile={x_sendfile!r}; give a list of folders")
        return Offload("X-Sendfile", tuple((_folder(root), "") for root in x_sendfile))
    return None


def _folder(root: Any) -> str:
    if not isinstance(root, str | os.PathLike) or not os.path.isabs(root):
        raise ConfigError(f"{root!r} is no folder that a proxy could send files from; give an absolute path")
    return os.path.normpath(os.fspath(root))


def _prefix(prefix: Any) -> str:
    if not isinstance(prefix, str) or not prefix.startswith("/") or not prefix.isascii() or not prefix.isprintable():
        raise ConfigError(f"{prefix!r} is no location of nginx; give the prefix of an `internal` one, as '/protected/'")
    return prefix
