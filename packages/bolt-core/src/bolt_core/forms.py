"""A request's form as a whole, for handlers that do not name its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .uploads import UploadFile, default_upload_factory

if TYPE_CHECKING:
    from .request import Request

__all__ = ["FormData", "form_of"]


class FormData(Mapping[str, Any]):
    """Fields by name, in the order sent; a name may have several values.

    Text fields are `str`, files what `bolt_core.uploads.default_upload_factory()` makes: `UploadFile`, or the class of
    an integration. `form[name]` is the last value, as in Django's `QueryDict`; `getlist(name)` has all.
    """

    __slots__ = ("_files", "_texts", "_values")

    def __init__(self, texts: Iterable[tuple[str, str]] = (), files: Iterable[tuple[str, Any]] = ()) -> None:
        self._texts = list(texts)
        self._files = list(files)
        self._values: dict[str, list[Any]] = {}
        for name, value in [*self._texts, *self._files]:
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> Any:
        return self._values[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[Any]:
        """Every value of *name*; empty where it was not sent."""
        return list(self._values.get(name, ()))

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
            if isinstance(file, UploadFile) or hasattr(file, "close"):
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
