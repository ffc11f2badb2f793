"""A request's form as a whole, for handlers that do not name its fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .multidict import MultiDict
from .uploads import default_upload_factory

if TYPE_CHECKING:
    from .request import Request

__all__ = ["FormData", "form_of"]


class FormData(MultiDict[Any]):
    """Fields by name, in the order sent; a name may have several values.

    Text fields are `str`, files what `bolt_core.uploads.default_upload_factory()` makes: `UploadFile`, or the class of
    an integration. `form[name]` is the last value, as in Django's `QueryDict`; `getlist(name)` has all.
    """

    __slots__ = ("_files", "_texts")

    def __init__(self, texts: Iterable[tuple[str, str]] = (), files: Iterable[tuple[str, Any]] = ()) -> None:
        self._texts = list(texts)
        self._files = list(files)
        super().__init__(self.multi_items())

    def multi_items(self) -> list[tuple[str, Any]]:
        """Every name with every value: the text fields as sent, then the files as sent."""
        return [*self._texts, *self._files]

    @property
    def texts(self) -> FormData:
        """The text fields alone."""
        return FormData(self._texts)

    @property
    def files(self) -> FormData:
        """The files alone."""
        return FormData((), self._files)

    def close(self) -> None:
        """Close every file that was opened."""
        for _, file in self._files:
            if hasattr(file, "close"):
                file.close()

    def __repr__(self) -> str:
        return f"FormData({self._texts!r}, {self._files!r})"


def form_of(request: Request) -> FormData:
    """The form that *request* holds; empty where its body is none.

    What the engine has parsed already, on a route with `Form()` or `File()` parameters, else parsed from the body in
    memory, within the same limits. Raises `HTTPException`: 400 for a malformed form, 413 for one beyond a limit.
    """
    texts, parts = request._form()
    make = default_upload_factory()
    return FormData(texts, [(part.field, make(part)) for part in parts])
