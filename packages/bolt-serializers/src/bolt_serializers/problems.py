"""Every problem of a value, not only the first that msgspec reports.

The happy path pays nothing: only after a decoder refused a value is it decoded again, untyped, and compared with its
type piece by piece. What the pieces are is worked out once for each type.
"""

import dataclasses
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, get_args, get_origin

import msgspec

from bolt_serializers.again import again_of, found_by
from bolt_serializers.checks import Readable, readable
from bolt_serializers.choices import choice_error, choices_of
from bolt_serializers.errors import Refused
from bolt_serializers.finders import Finder
from bolt_serializers.finite import NOT_FINITE
from bolt_serializers.foreign import foreign_reader
from bolt_serializers.hints import is_union, peel
from bolt_serializers.invalid import MOST, Found, Loc, Told
from bolt_serializers.limits import check_error
from bolt_serializers.messages import parse_message
from bolt_serializers.records import record_fields

MOST_VALUES = 20_000
"""Values looked at in one search: about 10 ms of work."""

DEEPEST = 8
"""Levels looked into; each reads all that is below it again."""

# Values of exactly these classes are right where their class is asked for, and need no second look.
_PLAIN = (str, int, float, bool)
_JSON = frozenset({str, int, float, bool, dict, list, type(None)})
_NUMBERS = (int, float)
_MISSING = ("Field required", "missing", None)
_STRICT = {"greater_than_equal": "gt", "less_than_equal": "lt"}
_UNEXPECTED = ("Unexpected field", "unexpected", None)


@dataclasses.dataclass(slots=True, eq=False)
class Piece:
    """A type, and the types of what a value of it holds, where problems can be told apart."""

    type: Any
    find: Finder | None = None
    """What finds problems in values that msgspec made."""
    plain: type | None = None
    """The class whose every instance is a value of the type."""
    told: dict[type, Told] = dataclasses.field(default_factory=dict)
    """What is said of values of a class that are all wrong in the same way; msgspec, whose exceptions are dear, is only
    asked about the first."""
    choices: tuple[Any, ...] = ()
    """Of an `Enum` or a `Literal`."""
    fields: tuple["FieldPiece", ...] = ()
    allowed: frozenset[str] | None = None
    """The names in a record that takes no others."""
    items: "Piece | None" = None
    values: "Piece | None" = None
    keyed: Readable | None = None
    """An object with keys of the type, where these are not any text."""
    limits: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """As declared; msgspec tells them of integers otherwise."""
    tag: str = ""
    """The name of the member that says which of *tagged* an object is."""
    tagged: dict[Any, "Piece"] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True, eq=False)
class FieldPiece:
    """A named member of a record, by its name in JSON."""

    name: str
    required: bool
    piece: Piece
    again: Callable[[Any, bool], list[Found]] | None = None
    """What else is wrong with a value of the piece's type."""


type Known = dict[int, tuple[Any, Piece]]
"""Pieces by the identity of their annotation, which is kept: a type may hold itself, and may not be hashable."""


def take_apart(annotation: Any) -> Piece:
    """The pieces of *annotation*, a type that msgspec can decode."""
    return _piece(annotation, {})


def _piece(annotation: Any, known: Known) -> Piece:
    if (seen := known.get(id(annotation))) is not None:
        return seen[1]
    taken = readable(annotation)
    piece = Piece(taken.type, taken.find)
    known[id(annotation)] = (annotation, piece)
    hint = peel(annotation)
    type_ = hint.type
    piece.limits = hint.limits
    if type_ in _PLAIN and not hint.limits and taken.find is None and not hint.checks:
        piece.plain = type_
    elif (choices := choices_of(type_)) is not None:
        piece.choices = (*choices, None) if hint.optional else tuple(choices)
    elif is_union(type_):
        _take_union_apart(piece, get_args(type_), known)
    else:
        _take_container_apart(piece, type_, known)
    return piece


def _take_union_apart(piece: Piece, members: tuple[Any, ...], known: Known) -> None:
    for member in members:
        type_ = peel(member).type
        config = getattr(get_origin(type_) or type_, "__struct_config__", None)
        if config is not None and config.tag_field is not None and not config.array_like:
            piece.tag = config.tag_field
            piece.tagged[config.tag] = _piece(member, known)


def _take_container_apart(piece: Piece, type_: Any, known: Known) -> None:
    origin = get_origin(type_) or type_
    arguments = [argument for argument in get_args(type_) if argument is not Ellipsis]
    if origin in (list, set, frozenset) or (origin is tuple and get_args(type_)[1:] == (Ellipsis,)):
        piece.items = _piece(arguments[0], known) if arguments else None
        return
    if origin is dict:
        if len(arguments) == 2:
            piece.values = _piece(arguments[1], known)
            piece.keyed = None if arguments[0] in (str, Any) else readable(dict[arguments[0], Any])  # type: ignore[valid-type]
        return
    config = getattr(origin, "__struct_config__", None)
    if config is not None and config.array_like:
        return
    again = again_of(getattr(origin, "__serializer__", None))
    piece.fields = tuple(
        FieldPiece(field.wire_name, field.required, _piece(_looked_at(field.hint), known), again.get(field.name))
        for field in record_fields(type_)
    )
    if config is not None and config.forbid_unknown_fields:
        tag = {config.tag_field} if config.tag_field else set()
        piece.allowed = frozenset({*origin.__struct_encode_fields__, *tag})


def _looked_at(hint: Any) -> Any:
    """*hint*, or anything in its place where another library validates: the second look at the field asks it."""
    return hint if foreign_reader(hint) is None else Any


def find_problems(piece: Piece, value: Any, *, strict: bool = True) -> list[Found]:
    """What keeps *value*, decoded without a type and refused with one, from being of *piece*'s type.

    Lists `MOST` problems at most, and looks at `MOST_VALUES` values and `DEEPEST` levels, so that a large value costs
    its sender more than us; it may then find nothing in a wrong value.
    """
    search = _Search(strict)
    # The whole is known to be wrong; where all that it holds is right, it is asked why.
    search.look_inside(piece, value, ())
    if not search.found:
        search.look_at(piece, value, ())
    return search.found[:MOST]


def _are_alike(plain: type | None, class_: type) -> bool:
    """Whether every value of *class_* is wrong, and in the same way, where *plain* is asked for."""
    # Numbers may be each other's: 1.0 is an int.
    return plain is not None and class_ in _JSON and not (plain in _NUMBERS and class_ in _NUMBERS)


class _Search:
    __slots__ = ("found", "left", "strict")

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.found: list[Found] = []
        self.left = MOST_VALUES

    @property
    def over(self) -> bool:
        """Whether enough was found or looked at."""
        return self.left <= 0 or len(self.found) >= MOST

    def look_at(self, piece: Piece, value: Any, loc: Loc) -> None:
        self.left -= 1
        class_ = type(value)
        if class_ is piece.plain:
            return
        if self.strict and (told := piece.told.get(class_)) is not None:
            self.found.append((loc, *told))
            return
        try:
            made = _made(value, piece.type, strict=self.strict)
            if piece.find is not None:
                self.found.extend(islice(piece.find(made, loc), MOST))
            return
        except msgspec.ValidationError as caught:
            error = caught
        before = len(self.found)
        if isinstance(value, dict | list) and len(loc) < DEEPEST:
            self.look_inside(piece, value, loc)
        if len(self.found) == before and self.left > 0:
            if isinstance(error.__cause__, Refused):
                self.found.extend(((*loc, *where), msg, kind, ctx) for where, msg, kind, ctx in found_by(error))
                return
            found = _told(piece, str(error), loc)
            if self.strict and _are_alike(piece.plain, class_):
                piece.told[class_] = found[1:]
            self.found.append(found)

    def look_inside(self, piece: Piece, value: Any, loc: Loc) -> None:
        """Look at all that *value* holds."""
        if isinstance(value, dict):
            if piece.tagged:
                chosen = value.get(piece.tag)
                piece = piece.tagged.get(chosen, piece) if isinstance(chosen, str | int) else piece
            self._look_at_fields(piece, value, loc)
            if piece.values is not None:
                for key, member in value.items():
                    if self.over:
                        return
                    self._look_at_key(piece, key, loc)
                    self.look_at(piece.values, member, (*loc, str(key)))
        elif isinstance(value, list) and piece.items is not None:
            plain = piece.items.plain
            for index, member in enumerate(value):
                if self.over:
                    return
                if type(member) is plain:
                    self.left -= 1
                else:
                    self.look_at(piece.items, member, (*loc, index))

    def _look_at_key(self, piece: Piece, key: Any, loc: Loc) -> None:
        if piece.keyed is None:
            return
        try:
            # As keys, because these are text in JSON and msgspec reads numbers from text there alone.
            made = _made({key: None}, piece.keyed.type, strict=self.strict)
            if piece.keyed.find is not None:
                self.found.extend(piece.keyed.find(made, loc))
        except msgspec.ValidationError as error:
            self.found.append(((*loc, str(key)), *parse_message(str(error))[1:]))

    def _look_at_fields(self, piece: Piece, value: dict[Any, Any], loc: Loc) -> None:
        for field in piece.fields:
            name = field.name
            if name in value:
                member = value[name]
                before = len(self.found)
                if type(member) is not field.piece.plain:
                    if self.over:
                        return
                    self.look_at(field.piece, member, (*loc, name))
                if field.again is not None and len(self.found) == before:
                    self.found.extend(
                        ((*loc, *where), msg, kind, ctx) for where, msg, kind, ctx in field.again(member, self.strict)
                    )
            elif field.required:
                self.found.append(((*loc, name), *_MISSING))
        if piece.allowed is not None:
            unknown = [name for name in value if name not in piece.allowed]
            self.found.extend(((*loc, str(name)), *_UNEXPECTED) for name in unknown[:MOST])


def _made(value: Any, type_: Any, *, strict: bool) -> Any:
    try:
        return msgspec.convert(value, type_, strict=strict, str_keys=True)
    except TypeError as error:
        # Python does not let a signalling NaN be a key.
        raise msgspec.ValidationError(NOT_FINITE[0]) from error


def _told(piece: Piece, message: str, loc: Loc) -> Found:
    path, text, kind, ctx = parse_message(message)
    choices = piece.choices
    if piece.tagged and path == (piece.tag,):
        choices = tuple(piece.tagged)
    elif path:
        choices = ()
    if kind == "enum" and choices:
        error = choice_error(choices)
        text, ctx = str(error), error.ctx
    elif not path and (strict := _STRICT.get(kind, "")) in piece.limits:
        # Of integers msgspec says `>= 1` where `gt=0` was declared.
        error = check_error(strict, piece.limits[strict])
        text, kind, ctx = str(error), error.type, error.ctx
    return (*loc, *path), text, kind, ctx
