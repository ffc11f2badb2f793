"""Files: Django's own responses that the engine can send, and what a proxy sends in the server's place."""

import io
import os
import stat
from collections.abc import Iterable
from typing import Any

from bolt_core import BoltAPI
from bolt_core._native import FileBody
from bolt_core.exceptions import ConfigError
from bolt_core.files import Offload, offload_of
from bolt_core.responses import Response
from django.core.files.base import File
from django.core.files.images import ImageFile
from django.db.models.fields.files import FieldFile, ImageFieldFile
from django.http import FileResponse, StreamingHttpResponse

from bolt_django import conf

# Any other class may read something else than the file's bytes, as gzip.GzipFile does.
_WRAPPERS = (File, ImageFile, FieldFile, ImageFieldFile)


class OpenFile(Response):
    """An open file with Django's header fields."""

    __slots__ = ()

    def check_content(self, content: Any) -> Any:
        """A `FileBody`."""
        return content


def body_of(response: StreamingHttpResponse) -> FileBody | None:
    """The file that *response* would read from its beginning to its end; `None` where it is not sure to be that."""
    if not isinstance(response, FileResponse):
        return None
    # Gone where a middleware has put something else in the content's place.
    file: Any = response.file_to_stream
    while type(file) in _WRAPPERS:
        file = file.file
    if type(file) is io.BufferedReader:
        if type(file.raw) is not io.FileIO:
            return None
    elif type(file) is not io.FileIO:
        return None
    if file.closed or file.tell() != 0:
        return None
    number = file.fileno()
    return FileBody.from_fd(number) if stat.S_ISREG(os.fstat(number).st_mode) else None


def offload(apis: Iterable[BoltAPI]) -> Offload | None:
    """What *apis* and the settings leave to the proxy, together. Raises ConfigError where that is contradictory."""
    settings = conf.bolt_settings()
    found = [api.offload for api in apis]
    found.append(offload_of(settings.get("X_ACCEL_REDIRECT"), settings.get("X_SENDFILE")))
    known = [each for each in found if each is not None]
    if not known:
        return None
    if len({each.header for each in known}) > 1:
        raise ConfigError("the APIs and settings.BOLT differ in how the proxy is told to send files; use one way")
    roots: dict[str, str] = {}
    for folder, prefix in (pair for each in known for pair in each.roots):
        if roots.setdefault(folder, prefix) != prefix:
            raise ConfigError(f"{folder!r} is given two locations, {roots[folder]!r} and {prefix!r}; keep one")
    return Offload(known[0].header, tuple(roots.items()))
