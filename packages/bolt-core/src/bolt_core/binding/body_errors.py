"""Every problem of a body, not only the first that msgspec reports.

The happy path pays nothing: only after a decoder refused a body is it decoded again, untyped, and compared with its
type piece by piece. What the pieces are is compiled with the route.
"""

import dataclasses
import re
import typing
from collections.abc import Iterator
from typing import Any, NotRequired, Required, get_args, get_origin

import msgspec

from bolt_core.binding.hints import is_union, peel
from bolt_core.plan import Found

type Loc = tuple[str | int, ...]

MOST = 100
"""Problems listed at most; a body of a million wrong items needs no million lines."""

MOST_VALUES = 20_000
"""Values looked at in one body: about 10 ms of work."""

DEEPEST = 8
"""Levels looked into; each reads all that is below it again."""

# `ReadOnly` exists from Python 3.13 on.
_QUALIFIERS = {Required, NotRequired, getattr(typing, "ReadOnly", Required)}
_AT = re.compile(r"(?s)(.*) - at `(?:key` in `)?\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `(.*)`")


@dataclasses.dataclass(slots=True, eq=False)
class Piece:
    """A type, and the types of what a value of it holds, where problems can be told apart."""

    type: Any
    fields: tuple["FieldPiece", ...] = ()
    items: "Piece | None" = None
    values: "Piece | None" = None


@dataclasses.dataclass(slots=True, eq=False)
class FieldPiece:
    """A named member of a record, by its name in JSON."""

    name: str
    required: bool
    piece: Piece


def take_apart(annotation: Any) -> Piece:
    """The pieces of *annotation*, a type that msgspec can decode."""
    return _piece(annotation, {})


def _piece(annotation: Any, known: dict[int, Piece]) -> Piece:
    # By identity: a type may hold itself, and unhashable metadata may stand in an annotation.
    if (seen := known.get(id(annotation))) is not None:
        return seen
    piece = known[id(annotation)] = Piece(annotation)
    type_ = peel(annotation).type
    origin = get_origin(type_) or type_
    arguments = [argument for argument in get_args(type_) if argument is not Ellipsis]
    if is_union(type_):
        return piece
    if origin in (list, set, frozenset) or (origin is tuple and get_args(type_)[1:] == (Ellipsis,)):
        piece.items = _piece(arguments[0], known) if arguments else None
    elif origin is dict and len(arguments) == 2:
        piece.values = _piece(arguments[1], known)
    else:
        piece.fields = tuple(FieldPiece(name, must, _piece(hint, known)) for name, must, hint in _fields(type_))
    return piece


def _fields(type_: Any) -> Iterator[tuple[str, bool, Any]]:
    """Name in JSON, whether it is required, and type of each member of a record; nothing for other types."""
    if not isinstance(type_, type):
        return
    if issubclass(type_, msgspec.Struct):
        if not type_.__struct_config__.array_like:
            for info in msgspec.structs.fields(type_):
                yield info.encode_name, info.required, info.type
    elif dataclasses.is_dataclass(type_):
        hints = typing.get_type_hints(type_, include_extras=True)
        missing = dataclasses.MISSING
        for field in dataclasses.fields(type_):
            if field.init:
                yield field.name, field.default is missing and field.default_factory is missing, hints[field.name]
    elif typing.is_typeddict(type_):
        for name, hint in typing.get_type_hints(type_, include_extras=True).items():
            while get_origin(hint) in _QUALIFIERS:
                hint = get_args(hint)[0]
            yield name, name in getattr(type_, "__required_keys__", ()), hint


def find_problems(piece: Piece, value: Any) -> Iterator[Found]:
    """What keeps *value*, decoded without a type, from being one of *piece*'s type.

    Looks at `MOST_VALUES` values and `DEEPEST` levels at most, so that a large body costs its sender more than us; it
    may then find nothing in a wrong value.
    """
    return _Search().run(piece, value, ())


class _Search:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def run(self, piece: Piece, value: Any, loc: Loc) -> Iterator[Found]:
        self._left -= 1
        try:
            msgspec.convert(value, piece.type, str_keys=True)
            return
        except msgspec.ValidationError as error:
            message = str(error)
        found = False
        if len(loc) < DEEPEST:
            for problem in self._inside(piece, value, loc):
                found = True
                yield problem
        if not found and self._left > 0:
            path, text, kind = parse_message(message)
            yield (*loc, *path), text, kind

    def _inside(self, piece: Piece, value: Any, loc: Loc) -> Iterator[Found]:
        for name, inner, member in _members(piece, value):
            if self._left <= 0:
                return
            if inner is None:
                yield (*loc, name), "Field required", "missing"
            else:
                yield from self.run(inner, member, (*loc, name))


def _members(piece: Piece, value: Any) -> Iterator[tuple[str | int, Piece | None, Any]]:
    """Name, piece and value of what *value* holds; no piece for a required field that it lacks."""
    if isinstance(value, dict):
        for field in piece.fields:
            if field.name in value:
                yield field.name, field.piece, value[field.name]
            elif field.required:
                yield field.name, None, None
        if piece.values is not None:
            for key, member in value.items():
                yield str(key), piece.values, member
    elif isinstance(value, list) and piece.items is not None:
        for index, member in enumerate(value):
            yield index, piece.items, member


def parse_message(message: str) -> Found:
    """Path, text and type of error of a `msgspec.ValidationError`'s message."""
    path: list[str | int] = []
    if (match := _AT.match(message)) is not None:
        message = match.group(1)
        for name, index in _STEP.findall(match.group(2)):
            path.append(name or (int(index) if index.isdigit() else index))
    if (missing := _MISSING.fullmatch(message)) is not None:
        return (*path, missing.group(1)), "Field required", "missing"
    return tuple(path), message, "type_error" if ", got " in message else "value_error"
