"""What finds the problems of a decoded value that msgspec does not look for: by the shape of its type."""

import collections.abc
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, is_typeddict

from msgspec import UNSET

from bolt_serializers.finite import NOT_FINITE
from bolt_serializers.hints import is_union, peel
from bolt_serializers.invalid import Found, InvalidValue, Loc
from bolt_serializers.limits import Limit
from bolt_serializers.metadata import Check

type Finder = Callable[[Any, Loc], Iterator[Found]]
"""Every problem in a decoded value; nothing in a value of another type than its own."""

ARRAYS = (
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Set,
    collections.abc.MutableSet,
    collections.abc.Collection,
    collections.abc.Iterable,
)
OBJECTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_MADE_OF_ARRAYS = (list, tuple, set, frozenset)


def in_decimal(limit: Limit | None) -> Finder:
    """A decimal that is no finite number, or that breaks *limit*."""

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if not isinstance(value, Decimal):
            return
        if not value.is_finite():
            yield loc, *NOT_FINITE, None
            return
        try:
            if limit is not None:
                limit(value)
        except InvalidValue as error:
            yield loc, str(error), error.type, error.ctx

    return find


def in_checked(type_: Any, checks: Sequence[Check], inner: Finder | None) -> Finder | None:
    """What *inner* finds in a value of *type_*, a peeled type; where it finds nothing, what the first of *checks* does.

    A check may rely on those before it, and on all that the value holds.
    """
    if not checks:
        return inner
    is_own = instance_test(type_)

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if not is_own(value):
            return
        right = True
        for found in inner(value, loc) if inner is not None else ():
            right = False
            yield found
        for check in checks if right else ():
            if (told := check.told(value)) is not None:
                yield loc, *told
                return

    return find


def instance_test(type_: Any) -> Callable[[Any], bool]:
    """Whether a decoded value is of a peeled type, and not of another member of a union."""
    if is_union(type_):
        tests = [instance_test(peel(member).type) for member in get_args(type_)]
        return lambda value: any(test(value) for test in tests)
    origin = get_origin(type_) or type_
    if origin is Literal:
        # By class as well: 1 is equal to True.
        choices = {(type(choice), choice) for choice in get_args(type_)}
        return lambda value: isinstance(value, str | int) and (type(value), value) in choices
    if origin is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    if origin in ARRAYS and origin not in _MADE_OF_ARRAYS:
        return lambda value: isinstance(value, _MADE_OF_ARRAYS)
    if origin in OBJECTS or is_typeddict(origin):
        return lambda value: isinstance(value, dict)
    if origin is Any or not isinstance(origin, type):
        return lambda value: value is not None and value is not UNSET
    return lambda value: isinstance(value, origin)


def in_union(finders: Sequence[Finder | None]) -> Finder | None:
    """What any member finds."""
    those = [finder for finder in finders if finder is not None]

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        for finder in those:
            yield from finder(value, loc)

    return find if those else None


def in_array(finder: Finder | None) -> Finder | None:
    """What *finder* finds in items."""
    if finder is None:
        return None

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if isinstance(value, _MADE_OF_ARRAYS):
            for index, item in enumerate(value):
                yield from finder(item, (*loc, index))

    return find


def in_tuple(finders: Sequence[Finder | None]) -> Finder | None:
    """What each of *finders* finds in the item of its place."""

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        if isinstance(value, tuple | list):
            for index, (item, finder) in enumerate(zip(value, finders, strict=False)):
                if finder is not None:
                    yield from finder(item, (*loc, index))

    return find if any(finders) else None


def in_object(key_finder: Finder | None, finder: Finder | None) -> Finder | None:
    """What is found in keys and in values; both are placed by the key."""
    finders = (key_finder, finder)

    def find(value: Any, loc: Loc) -> Iterator[Found]:
        for pair in value.items() if isinstance(value, dict) else ():
            for one, part in zip(finders, pair, strict=True):
                if one is not None:
                    yield from one(part, (*loc, str(pair[0])))

    return find if any(finders) else None


class RecordFinder:
    """What is found in a class with fields, which may hold itself: fields are added while others refer to it."""

    def __init__(self, class_: Any, shown: Any) -> None:
        self.shown = shown
        self.class_ = dict if is_typeddict(class_) else class_
        config = getattr(class_, "__struct_config__", None)
        self.array_like = config.array_like if config else issubclass(self.class_, tuple)
        self.members: list[tuple[str, str | int, Finder]] = []

    def add(self, index: int, name: str, wire_name: str, find: Finder) -> None:
        """Look into the member *name*, the one at *index*, by *find*."""
        self.members.append((name, index if self.array_like else wire_name, find))

    def find(self, value: Any, loc: Loc) -> Iterator[Found]:
        """The `Finder` of the record."""
        if not isinstance(value, self.class_):
            return
        for name, wire_name, finder in self.members:
            # What is not there is as `UNSET`, which is no value of any type.
            member = value.get(name, UNSET) if isinstance(value, dict) else getattr(value, name, UNSET)
            yield from finder(member, (*loc, wire_name))
