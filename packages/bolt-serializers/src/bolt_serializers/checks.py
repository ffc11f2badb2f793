"""What msgspec does not check of a type, at any depth of it: `Check`s, and limits of decimals.

msgspec passes over a `Check`, and refuses every type that limits a `Decimal`. So it is shown such a type without these
limits while it works out how to decode it, which it does once for each class; limits and checks are held against what
it decoded.
"""

import inspect
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, NotRequired, Required, get_args, get_origin, is_typeddict

import msgspec

from bolt_serializers.finders import (
    ARRAYS,
    OBJECTS,
    RecordFinder,
    in_array,
    in_checked,
    in_decimal,
    in_object,
    in_tuple,
    in_union,
)
from bolt_serializers.finders import Finder as Finder
from bolt_serializers.hints import Hint, is_union, named_by, peel, union_of
from bolt_serializers.limits import Constraints, compile_check, misplaced_limits
from bolt_serializers.locking import making
from bolt_serializers.metadata import Check
from bolt_serializers.records import RecordField, all_fields

# Classes that hold nothing to check, at any depth: they are looked through once, not for each route.
_free: "weakref.WeakSet[type]" = weakref.WeakSet()
_free_of_decimals: "weakref.WeakSet[type]" = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Readable:
    """A type as msgspec takes it, and what is left to check of its values."""

    type: Any
    find: Finder | None = None


def readable(annotation: Any, *, finite: bool = False) -> Readable:
    """*annotation* without limits of decimals; the records in it are known to msgspec from then on.

    With *finite*, NaN and infinities are found in decimals without limits as well.
    """
    with making:
        walk = _Walk(finite=finite)
        found = walk.look_at(annotation)
        if not walk.found_any and not walk.unread:
            walk.free.update(walk.classes)
        if found.find is None or not walk.found_any:
            return Readable(annotation)
        if walk.changed:
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


class _Walk:
    """Through a type and all that it holds."""

    def __init__(self, *, finite: bool) -> None:
        self.finite = finite
        self.free = _free_of_decimals if finite else _free
        self.changed: dict[type, dict[str, Any]] = {}
        """Hints without limits, by the class whose body has them."""
        self.found_any = False
        """Whether there is anything to check at all; a class that holds itself is followed anyway."""
        self.unread = False
        """Whether there is a class whose hints cannot be read, now or ever."""
        self.classes: list[type] = []
        """Those whose hints were read."""
        self._records: dict[Any, RecordFinder] = {}
        self._names: list[Any] = []
        """`NewType`s and aliases that are being looked behind."""

    def look_at(self, annotation: Any) -> Readable:
        hint = peel(annotation)
        if hint.type is Decimal and (hint.limits or self.finite):
            return self._look_at_decimal(annotation, hint)
        if get_origin(annotation) is Annotated:
            inner = self.look_at(annotation.__origin__)
            checks = [item for item in annotation.__metadata__ if isinstance(item, Check)]
            self.found_any |= bool(checks)
            same = inner.type is annotation.__origin__
            shown = annotation if same else Annotated[(inner.type, *annotation.__metadata__)]
            return Readable(shown, in_checked(hint.type, checks, inner.find))
        if (named := named_by(annotation)) is not annotation:
            return self._look_behind(annotation, named)
        return self._look_inside(annotation)

    def _look_at_decimal(self, annotation: Any, hint: Hint) -> Readable:
        limits = Constraints(**hint.limits)
        if misplaced_limits(Decimal, limits):
            return Readable(annotation)
        self.found_any = True
        find = in_checked(Decimal, hint.checks, in_decimal(compile_check(limits)))
        if not hint.limits:
            return Readable(annotation, find)
        return Readable(Decimal | None if hint.optional else Decimal, find)

    def _look_behind(self, annotation: Any, named: Any) -> Readable:
        if annotation in self._names:
            # One that holds itself, which msgspec refuses.
            return Readable(annotation)
        self._names.append(annotation)
        found = self.look_at(named)
        self._names.pop()
        return Readable(annotation, found.find) if found.type is named else found

    def _look_inside(self, annotation: Any) -> Readable:
        arguments = [self.look_at(argument) for argument in get_args(annotation)]
        finders = [argument.find for argument in arguments]
        origin = get_origin(annotation)
        if not arguments:
            return self._look_at_record(annotation)
        if is_union(annotation):
            return _rebuilt(annotation, union_of, arguments, in_union(finders))
        if origin is tuple and Ellipsis not in get_args(annotation):
            return _rebuilt(annotation, _subscript(tuple), arguments, in_tuple(finders))
        if origin is tuple or origin in ARRAYS:
            return _rebuilt(annotation, _subscript(origin), arguments, in_array(finders[0]))
        if origin in OBJECTS:
            key, value = arguments
            if key.type is not (written := get_args(annotation)[0]):
                # Limits of a key stay, so that msgspec refuses them.
                key = Readable(written)
            return _rebuilt(annotation, _subscript(origin), [key, value], in_object(key.find, value.find))
        return self._look_at_record(annotation)

    def _look_at_record(self, annotation: Any) -> Readable:
        class_ = get_origin(annotation) or annotation
        if getattr(class_, "__serializer__", False):
            # It finds its own problems while it is decoded.
            return Readable(annotation)
        try:
            if isinstance(annotation, type) and annotation in self.free:
                return Readable(annotation)
            if (known := self._records.get(annotation)) is not None:
                return Readable(known.shown, known.find)
            fields = list(all_fields(annotation))
        except (NameError, TypeError):
            # Whoever decodes it says what is wrong with it.
            self.unread = True
            return Readable(annotation)
        if not fields:
            return Readable(annotation)
        if isinstance(annotation, type):
            self.classes.append(annotation)
        shown = self._with_plain_arguments(annotation, class_)
        record = self._records[annotation] = RecordFinder(class_, shown)
        written = {field.name: field for field in all_fields(class_)}
        left = {field.name: field.hint for field in all_fields(shown)}
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


def _subscript(origin: Any) -> Callable[[Sequence[Any]], Any]:
    return lambda arguments: types.GenericAlias(origin, tuple(arguments))


def _rebuilt(
    annotation: Any, make: Callable[[Sequence[Any]], Any], arguments: Sequence[Readable], find: Finder | None
) -> Readable:
    if all(argument.type is written for argument, written in zip(arguments, get_args(annotation), strict=True)):
        return Readable(annotation, find)
    return Readable(make([argument.type for argument in arguments]), find)
