"""Markers that say where a parameter is read from.

Each works as a default (`q: str = Query("search")`) and in `Annotated` (`q: Annotated[str, Query("search")]`). The one
positional argument is the name on the wire, never a default. They return `Any` so that type checkers accept them as
the default of a parameter of any type.
"""

from collections.abc import Callable
from typing import Any, Unpack

from bolt_core.exceptions import ConfigError
from bolt_core.markers import ConstraintOptions, Constraints, Marker, MarkerOptions, Source

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"]

_ALLOWED = frozenset(MarkerOptions.__annotations__) | frozenset(ConstraintOptions.__annotations__)


def _marker(source: Source, alias: str | None, options: MarkerOptions) -> Marker:
    name = source.value.capitalize()
    if alias is not None and (not isinstance(alias, str) or not alias):
        raise ConfigError(
            f"{name}({alias!r}): the positional argument is the name on the wire, a non-empty string; "
            f"write {name}(default={alias!r}) for a default"
        )
    if unknown := sorted(set(options) - _ALLOWED):
        raise ConfigError(f"{name}(): unknown option {unknown[0]!r}; it takes {', '.join(sorted(_ALLOWED))}")
    values: dict[str, Any] = dict(options)
    limits = {key: values.pop(key) for key in ConstraintOptions.__annotations__ if key in values}
    values["examples"] = tuple(values.get("examples", ()))
    return Marker(source=source, alias=alias, constraints=Constraints(**limits), **values)


def Path(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """A value from the path's `{name}`. *alias* is that name where the parameter's own differs."""
    return _marker(Source.PATH, alias, options)


def Query(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """A value from the query string; *alias* is its key there."""
    return _marker(Source.QUERY, alias, options)


def Body(**options: Unpack[MarkerOptions]) -> Any:
    """The request's body, decoded from JSON or MessagePack by its Content-Type."""
    return _marker(Source.BODY, None, options)


def Header(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """A header field; without *alias*, `x_api_key` reads `X-Api-Key`."""
    return _marker(Source.HEADER, alias, options)


def Cookie(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """A cookie; *alias* is its name."""
    return _marker(Source.COOKIE, alias, options)


def Form(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """A field of an urlencoded or multipart form; *alias* is its name."""
    return _marker(Source.FORM, alias, options)


def File(alias: str | None = None, **options: Unpack[MarkerOptions]) -> Any:
    """An uploaded file of a multipart form; *alias* is its field's name."""
    return _marker(Source.FILE, alias, options)


def Depends(dependency: Callable[..., Any]) -> Any:
    """A value that *dependency* provides."""
    return Marker(source=Source.DEPENDENCY, dependency=dependency)
