"""Markers that say where a parameter is read from.

Each works as a default (`q: str = Query("search")`) and in `Annotated` (`q: Annotated[str, Query("search")]`). The one
positional argument is the name on the wire, never a default. They return `Any` so that type checkers accept them as
the default of a parameter of any type.
"""

from collections.abc import Callable, Iterable
from typing import Any, Unpack

from bolt_serializers.errors import DeclarationError
from bolt_serializers.limits import ConstraintOptions, Constraints

from bolt_core.exceptions import ConfigError
from bolt_core.markers import Marker, Source

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]


class MarkerOptions(ConstraintOptions, total=False):
    """Keyword options of every marker."""

    default: Any
    title: str
    description: str
    examples: list[Any]
    deprecated: bool
    include_in_schema: bool
    """Whether documentation shows the parameter."""


class NamedOptions(MarkerOptions, total=False):
    """Those of values that are read by name."""

    split: str
    """The separator of several values in one text, for lists: `split=","` reads `?id=1,2`."""


class BodyOptions(MarkerOptions, total=False):
    """Those of `Body()`."""

    embed: bool
    """Whether the value is the member of its name of a JSON object, even where it is the only body parameter."""


class FileOptions(MarkerOptions, total=False):
    """Those of `File()`."""

    max_size: int
    """Bytes of one file."""
    allowed_types: Iterable[str]
    """Media types such as `image/png` or `image/*`."""
    max_files: int
    """Files of that name in one request."""


_FLAGS = ("deprecated", "include_in_schema", "embed")
_TEXTS = ("title", "description")
_COUNTS = ("max_size", "max_files")


def _marker(source: Source, alias: str | None, options: MarkerOptions, kind: type = NamedOptions) -> Marker:
    name = source.value.capitalize()
    if alias is not None and (not isinstance(alias, str) or not alias):
        raise ConfigError(
            f"{name}({alias!r}): the positional argument is the name on the wire, a non-empty string; "
            f"write {name}(default={alias!r}) for a default"
        )
    # Inherited keys included: a TypedDict's own annotations list them all.
    allowed = sorted(kind.__annotations__)
    values: dict[str, Any] = dict(options)
    if unknown := sorted(set(values) - set(allowed)):
        raise ConfigError(f"{name}(): unknown option {unknown[0]!r}; it takes {', '.join(allowed)}")
    for key, value in values.items():
        if (remedy := _misfit(key, value)) is not None:
            raise ConfigError(f"{name}(): {key}={value!r}; give {remedy}")
    limits = {key: values.pop(key) for key in ConstraintOptions.__annotations__ if key in values}
    for key in ("examples", "allowed_types"):
        values[key] = tuple(values.get(key, ()))
    try:
        constraints = Constraints(**limits)
    except DeclarationError as error:
        raise ConfigError(f"{name}(): {error}") from error
    return Marker(source=source, alias=alias, constraints=constraints, **values)


def _misfit(key: str, value: Any) -> str | None:
    """What an option takes instead of *value*; `None` if it takes that."""
    if key in _FLAGS:
        return None if isinstance(value, bool) else "True or False"
    if key in _TEXTS:
        return None if isinstance(value, str) else "a string"
    if key in _COUNTS:
        return None if type(value) is int and value > 0 else "an int above 0"
    if key == "split":
        return None if isinstance(value, str) and value else "a separator such as ','"
    if key in ("examples", "allowed_types"):
        if isinstance(value, str | bytes | dict) or not isinstance(value, Iterable):
            return "a list"
        if key == "allowed_types" and not all(isinstance(one, str) and "/" in one for one in value):
            return "a list of media types such as 'image/png' or 'image/*'"
    return None


def Path(alias: str | None = None, **options: Unpack[NamedOptions]) -> Any:
    """A value from the path's `{name}`. *alias* is that name where the parameter's own differs."""
    return _marker(Source.PATH, alias, options)


def Query(alias: str | None = None, **options: Unpack[NamedOptions]) -> Any:
    """A value from the query string; *alias* is its key there. On a model: all its fields are."""
    return _marker(Source.QUERY, alias, options)


def Body(alias: str | None = None, **options: Unpack[BodyOptions]) -> Any:
    """The request's body, decoded from JSON or MessagePack by its Content-Type; as it came for `bytes` and `str`.

    *alias* is the name of the member of an embedded body.
    """
    return _marker(Source.BODY, alias, options, BodyOptions)


def Header(alias: str | None = None, **options: Unpack[NamedOptions]) -> Any:
    """A header field; without *alias*, `x_api_key` reads `X-Api-Key`. On a model: all its fields are."""
    return _marker(Source.HEADER, alias, options)


def Cookie(alias: str | None = None, **options: Unpack[NamedOptions]) -> Any:
    """A cookie; *alias* is its name. On a model: all its fields are."""
    return _marker(Source.COOKIE, alias, options)


def Form(alias: str | None = None, **options: Unpack[NamedOptions]) -> Any:
    """A field of an urlencoded or multipart form; *alias* is its name. On a model: all its fields are."""
    return _marker(Source.FORM, alias, options)


def File(alias: str | None = None, **options: Unpack[FileOptions]) -> Any:
    """An uploaded file of a multipart form; *alias* is its field's name."""
    return _marker(Source.FILE, alias, options, FileOptions)


def Depends(dependency: Callable[..., Any]) -> Any:
    """A value that *dependency* provides."""
    return Marker(source=Source.DEPENDENCY, dependency=dependency)
