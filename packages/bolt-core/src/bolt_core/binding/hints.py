"""Type hints of parameters: taken apart, with the markers that say where they are read from."""

import typing
from dataclasses import dataclass
from typing import Any, get_origin

from bolt_serializers import hints
from bolt_serializers.limits import Constraints

from bolt_core.markers import Marker


@dataclass(frozen=True, slots=True)
class Hint(hints.Hint):
    """A parameter's type hint, peeled."""

    full: Any
    """As written, without our markers; what msgspec decodes a body into."""
    markers: tuple[Marker, ...]


def peel(annotation: Any) -> Hint:
    """Take *annotation* apart."""
    hint = hints.peel(annotation)
    markers = tuple(item for item in hint.metadata if isinstance(item, Marker))
    full = _without_markers(annotation)
    return Hint(hint.type, hint.optional, hint.limits, hint.metadata, hint.checks, full, markers)


def _without_markers(annotation: Any) -> Any:
    """*annotation* without our markers, which msgspec would not know."""
    if get_origin(annotation) is not typing.Annotated:
        return annotation
    kept = [item for item in annotation.__metadata__ if not isinstance(item, Marker)]
    return typing.Annotated[(annotation.__origin__, *kept)] if kept else annotation.__origin__


def merge_limits(hint: Hint, marker: Marker | None) -> Constraints:
    """The limits of `msgspec.Meta` and of the marker; the marker wins where both name one."""
    return Constraints(**{**hint.limits, **(marker.constraints.given() if marker else {})})
