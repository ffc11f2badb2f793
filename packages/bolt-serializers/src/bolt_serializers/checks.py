"""Limits of decimals inside models, of which msgspec has no notion.

msgspec refuses every type that limits a `Decimal`. So it is shown such a type without these limits while it works out
how to decode it, which it does once for each class; the limits are held against what it decoded.
"""

import collections.abc
import functools
import inspect
import threading
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as attribute
from decimal import Decimal
from typing import Annotated, Any, NewType, NotRequired, Required, TypeAliasType, get_args, get_origin, is_typeddict

import msgspec

from bolt_serializers.finite import NOT_FINITE
from bolt_serializers.hints import Hint, is_union, peel, union_of
from bolt_serializers.invalid import Found, InvalidValue, Loc
from bolt_serializers.limits import Constraints, Limit, compile_check, misplaced_limits
from bolt_serializers.records import RecordField, record_fields

type Finder = Callable[[Any, Loc], Iterator[Found]]
"""Every decimal in a decoded value that breaks its limit; nothing in a value of another type than its own."""

_ABSENT = object()
_ARRAYS = (list, set, frozenset, collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable)
_OBJECTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
# Others may not see a class while it lacks its limits, nor may two threads mend it at once.
_lock = threading.RLock()
# Classes that hold no limit of a decimal, at any depth: they are looked through once, not for each route.
_free: "weakref.WeakSet[type]" = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Readable:
    """A type as msgspec takes it, and what is left to check of its values."""

    type: Any
    find: Finder | None = None


def readable(annotation: Any, finite: bool = False) -> Readable:
    """*annotation* without limits of decimals; the records in it are known to msgspec from then on."""
    with _lock:
        walk = _Walk()
        found = walk.look_at(annotation)
        if not walk.limited and not walk.unread:
            _free.update(walk.classes)
        if found.find is None or not walk.limited:
            return Readable(annotation)
        with _shown_without_limits(walk.changed):
            msgspec.json.Decoder(found.type)
        return found


@contextmanager
def _shown_without_limits(changed: dict[type, dict[str, Any]]) -> Iterator[None]:
    before = {class_: class_.__annotations__ for class_ in changed}
    try:
        for class_, hints in changed.items():
            class_.__annotations__ = before[class_] | hints
        yield
    finally:
        for class_, hints in before.items():
            class_.__annotations__ = hints


@dataclass(frozen=True, slots=True)
class Check:
    """Metadata of a type: *function* raises ValueError for a wrong value, and is never asked to change one.

    *schema*: keywords for the JSON Schema of the type. *type*: the type of error, where *function* raises no
    `InvalidValue` of its own.
    """

    function: Callable[[Any], object]
    schema: Mapping[str, Any] = attribute(default_factory=dict, kw_only=True, hash=False)
    type: str = attribute(default="value_error", kw_only=True)


def _find_wrong(check: Check, classes: tuple[type, ...], value: Any, loc: Loc) -> Iterator[Found]:
    if not isinstance(value, classes):
        return
    try:
        check.function(value)
    except InvalidValue as error:
        yield loc, str(error), error.type, error.ctx
    except ValueError as error:
        yield loc, str(error), check.type, None


def _classes_of(type_: Any) -> tuple[type, ...]:
    """Classes whose instances are values of *type_*; `object` for what no class tells."""
    if is_union(type_):
        return tuple(class_ for member in get_args(type_) for class_ in _classes_of(peel(member).type))
    class_ = get_origin(type_) or type_
    if is_typeddict(class_):
        return (dict,)
    return (class_,) if isinstance(class_, type) else (object,)


def _in_turn(first: Finder | None, others: Sequence[Finder]) -> Finder:
    """Checks rely on what is said of the value before them."""

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        for finder in others if first is None else (first, *others):
            found = list(finder(value, loc))
            if found:
                yield from found
                return

    return find


class _Walk:
    """Through a type and all that it holds."""

    def __init__(self) -> None:
        self.changed: dict[type, dict[str, Any]] = {}
        """Hints without limits, by the class whose body has them."""
        self.limited = False
        """Whether there is a limit of a decimal at all; a class that holds itself is followed anyway."""
        self.unread = False
        """Whether there is a class whose hints cannot be read, now or ever."""
        self.classes: list[type] = []
        """Those whose hints were read."""
        self._records: dict[Any, _Record] = {}
        self._aliases: set[TypeAliasType] = set()

    def look_at(self, annotation: Any) -> Readable:
        hint = peel(annotation)
        if hint.type is Decimal and hint.limits:
            found = _limited(annotation, Constraints(**hint.limits), optional=hint.optional)
            self.limited |= found.find is not None
            return self._with_checks(found, hint, hint.metadata)
        if isinstance(annotation, NewType):
            return self._look_through(annotation, annotation.__supertype__)
        if isinstance(annotation, TypeAliasType):
            if annotation in self._aliases:
                # One that holds itself.
                return Readable(annotation)
            self._aliases.add(annotation)
            found = self._look_through(annotation, annotation.__value__)
            self._aliases.remove(annotation)
            return found
        if get_origin(annotation) is Annotated:
            inner = self.look_at(annotation.__origin__)
            found = Readable(annotation)
            if inner.find is not None:
                found = Readable(Annotated[(inner.type, *annotation.__metadata__)], inner.find)
            return self._with_checks(found, hint, annotation.__metadata__)
        return self._look_inside(annotation)

    def _with_checks(self, found: Readable, hint: Hint, metadata: tuple[Any, ...]) -> Readable:
        checks = [item for item in metadata if isinstance(item, Check)]
        if not checks:
            return found
        self.limited = True
        classes = _classes_of(hint.type)
        return Readable(
            found.type, _in_turn(found.find, [functools.partial(_find_wrong, one, classes) for one in checks])
        )

    def _look_through(self, annotation: Any, inner: Any) -> Readable:
        found = self.look_at(inner)
        return found if found.find else Readable(annotation)

    def _look_inside(self, annotation: Any) -> Readable:
        arguments = [self.look_at(argument) for argument in get_args(annotation)]
        finders = [argument.find for argument in arguments]
        if is_union(annotation):
            return _rebuilt(annotation, union_of, arguments, _in_union(finders))
        origin = get_origin(annotation)
        if origin is tuple and Ellipsis not in get_args(annotation):
            return _rebuilt(annotation, _subscript(tuple), arguments, _in_tuple(finders))
        if origin is tuple or origin in _ARRAYS:
            return _rebuilt(annotation, _subscript(origin), arguments, _in_array(finders[0]))
        if origin in _OBJECTS:
            # Limits of a key stay, so that msgspec refuses them.
            key = Readable(get_args(annotation)[0])
            find_key = finders[0] if arguments[0].type == key.type else None
            return _rebuilt(annotation, _subscript(origin), [key, arguments[1]], _in_object(find_key, finders[1]))
        return self._look_at_record(annotation)

    def _look_at_record(self, annotation: Any) -> Readable:
        class_ = get_origin(annotation) or annotation
        if getattr(class_, "__serializer__", None) is not None:
            # It holds its own limits.
            return Readable(annotation)
        try:
            if isinstance(annotation, type) and annotation in _free:
                return Readable(annotation)
            if (known := self._records.get(annotation)) is not None:
                return Readable(known.shown, known.find)
            fields = list(record_fields(annotation))
        except (NameError, TypeError):
            # Whoever decodes it says what is wrong with it.
            self.unread = True
            return Readable(annotation)
        if not fields:
            return Readable(annotation)
        if isinstance(annotation, type):
            self.classes.append(annotation)
        shown = self._with_plain_arguments(annotation, class_)
        record = self._records[annotation] = _Record(class_, shown)
        written = {field.name: field for field in record_fields(class_)}
        left = {field.name: field.hint for field in record_fields(shown)}
        for index, field in enumerate(fields):
            find = self.look_at(field.hint).find
            if find is None:
                continue
            record.add(index, field.name, field.wire_name, find)
            if (
                not self._change(class_, written[field.name])
                and self.look_at(left[field.name]).type != left[field.name]
            ):
                # The limit of a type variable, which other uses of the class have as well: msgspec refuses it.
                return Readable(annotation)
        return Readable(shown, record.find) if record.members else Readable(annotation)

    def _with_plain_arguments(self, annotation: Any, class_: Any) -> Any:
        """A generic class of decimals without their limits."""
        plain = tuple(self.look_at(argument).type for argument in get_args(annotation))
        return annotation if plain == get_args(annotation) else class_[plain]

    def _change(self, class_: Any, field: RecordField) -> bool:
        """Whether the hint of *field*, as written in the class, can be shown without its limit."""
        taken = self.look_at(field.hint)
        if taken.find is None:
            return False
        if taken.type != field.hint:
            shown: Any = taken.type
            if is_typeddict(class_):
                shown = Required[shown] if field.required else NotRequired[shown]
            self.changed.setdefault(_owner_of(class_, field.name), {})[field.name] = shown
        return True


def _owner_of(class_: Any, name: str) -> type:
    bases: tuple[type, ...] = class_.__mro__
    return next(base for base in bases if name in inspect.get_annotations(base))


def _limited(annotation: Any, limits: Constraints, *, optional: bool) -> Readable:
    check = compile_check(limits)
    if check is None or misplaced_limits(Decimal, limits):
        return Readable(annotation)
    return Readable(Decimal | None if optional else Decimal, functools.partial(_find_decimal, check))


def _find_decimal(check: Limit, value: Any, loc: Loc) -> Iterator[Found]:
    if not isinstance(value, Decimal):
        return
    if not value.is_finite():
        yield loc, *NOT_FINITE, None
        return
    try:
        check(value)
    except InvalidValue as error:
        yield loc, str(error), error.type, error.ctx


def _subscript(origin: Any) -> Callable[[Sequence[Any]], Any]:
    return lambda arguments: types.GenericAlias(origin, tuple(arguments))


def _rebuilt(
    annotation: Any, make: Callable[[Sequence[Any]], Any], arguments: Sequence[Readable], find: Finder | None
) -> Readable:
    return Readable(annotation) if find is None else Readable(make([argument.type for argument in arguments]), find)


def _in_union(finders: Sequence[Finder | None]) -> Finder | None:
    those = [finder for finder in finders if finder is not None]

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        for finder in those:
            yield from finder(value, loc)

    return find if those else None


def _in_array(finder: Finder | None) -> Finder | None:
    if finder is None:
        return None

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if isinstance(value, list | tuple | set | frozenset):
            for index, item in enumerate(value):
                yield from finder(item, (*loc, index))

    return find


def _in_tuple(finders: Sequence[Finder | None]) -> Finder | None:
    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if isinstance(value, tuple | list):
            for index, (item, finder) in enumerate(zip(value, finders, strict=False)):
                if finder is not None:
                    yield from finder(item, (*loc, index))

    return find if any(finders) else None


def _in_object(find_key: Finder | None, find_value: Finder | None) -> Finder | None:
    if find_key is None and find_value is None:
        return None

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if isinstance(value, dict):
            for key, item in value.items():
                if find_key is not None:
                    yield from find_key(key, (*loc, str(key)))
                if find_value is not None:
                    yield from find_value(item, (*loc, str(key)))

    return find


class _Record:
    """A class with fields; may hold itself, so its fields are added while others refer to it."""

    def __init__(self, class_: Any, shown: Any) -> None:
        self.shown = shown
        self.class_ = dict if is_typeddict(class_) else class_
        config = getattr(class_, "__struct_config__", None)
        self.array_like = bool(config and config.array_like)
        self.members: list[tuple[str, str | int, Finder]] = []

    def add(self, index: int, name: str, wire_name: str, find: Finder) -> None:
        self.members.append((name, index if self.array_like else wire_name, find))

    def find(self, value: Any, loc: Loc) -> Iterator[Found]:
        if not isinstance(value, self.class_):
            return
        for name, wire_name, finder in self.members:
            member = value.get(name, _ABSENT) if isinstance(value, dict) else getattr(value, name, _ABSENT)
            yield from finder(member, (*loc, wire_name))
