"""From objects to the data that a serializer takes: attributes, relations, files, managers, by their shape alone.

A reader is made once for a serializer class and a class of objects. Of Django's models it knows the fields: a foreign
key is read by its column where only the key is wanted, a file by its URL, a relation through its manager.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin

import msgspec

from bolt_serializers.errors import LazyLoadError
from bolt_serializers.exact import instance_reader
from bolt_serializers.fields import NO_DEFAULT, Field
from bolt_serializers.hints import is_union, peel
from bolt_serializers.information import Information, information_of
from bolt_serializers.models import Column, columns_of
from bolt_serializers.records import is_record, record_fields

type Read = Callable[[Any], Any]

_ABSENT = object()
_ARRAYS = (list, set, frozenset, tuple)


def read_object(information: Information, value: Any, *, strict: bool = False) -> Any:
    """What *value* holds of the class's fields, by their names in JSON; a dict is read by Python names.

    Where *strict*, nothing is loaded that is not loaded yet. Raises `LazyLoadError` for that, and for what would query
    on an event loop; `AttributeError` where a required field's attribute does not exist.
    """
    readers = information.made.setdefault(("readers", strict), {})
    kind = type(value)
    read = readers.get(kind)
    if read is None:
        read = readers[kind] = _make_reader(information, kind, strict)
    return read(value)


def _make_reader(information: Information, kind: type, strict: bool) -> Read:
    if issubclass(kind, information.class_):
        return instance_reader(information, lambda hint: _inner(hint, strict))
    if issubclass(kind, Mapping):
        return _mapping_reader(information, strict)
    columns = columns_of(kind)
    writer = _Writer(information, kind, strict)
    for field in information.fields:
        if field.read:
            writer.add(field, columns.get(field.source[0]) if columns is not None else None)
    return writer.function()


def _same(value: Any) -> Any:
    return value


def _mapping_reader(information: Information, strict: bool) -> Read:
    """Rows of `values()`, and dicts that hold objects."""
    fields = [(field, _inner(field.hint, strict)) for field in information.fields if field.read]

    def read(row: Any) -> dict[str, Any]:
        made = {}
        for field, inner in fields:
            value = _member(row, field.source)
            if value is not _ABSENT:
                made[field.wire_name] = value if inner is None else inner(value)
        return made

    return read


def _member(row: Any, source: tuple[str, ...]) -> Any:
    joined = "__".join(source)
    if joined in row:
        # As values("author__name") calls it.
        return row[joined]
    for step in source:
        if not isinstance(row, Mapping):
            return _attribute(row, step)
        if step not in row:
            return _ABSENT
        row = row[step]
    return row


def _attribute(value: Any, name: str) -> Any:
    found = getattr(value, name)
    return found() if callable(found) and not hasattr(found, "all") else found


class _Writer:
    """Writes a reader's source: one dict display, as fast as Python reads attributes."""

    def __init__(self, information: Information, kind: type, strict: bool) -> None:
        self.information = information
        self.kind = kind
        self.strict = strict
        self.namespace: dict[str, Any] = {"absent": _ABSENT}
        self.entries: list[str] = []
        self.optional: list[str] = []

    def name(self, value: Any) -> str:
        name = f"n{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def add(self, field: Field, column: Column | None) -> None:
        """Read *field*, from *column* where the object is a Django model that has it."""
        first, *rest = field.source
        inner = _inner(field.hint, self.strict)
        if not rest and column is not None and column.plain and inner is None and not self.strict:
            self.entries.append(f"{field.wire_name!r}: value.{column.attribute}")
            return
        step = _step_reader(first, column, self.strict, key=inner is None and not rest)
        for name in rest:
            step = _then(step, name, self.strict)
        absent = field.default is not NO_DEFAULT or field.default_factory is not None or field.read_only
        whole = _whole(step, inner, field, absent)
        if absent:
            self.optional.append(
                f"    if (v := {self.name(whole)}(value)) is not absent: made[{field.wire_name!r}] = v"
            )
        else:
            self.entries.append(f"{field.wire_name!r}: {self.name(whole)}(value)")

    def function(self) -> Read:
        """The reader."""
        lines = ["def read(value):", f"    made = {{{', '.join(self.entries)}}}", *self.optional, "    return made"]
        name = f"<reading {self.kind.__qualname__} as {self.information.class_.__qualname__}>"
        exec(compile("\n".join(lines), name, "exec"), self.namespace)
        read: Read = self.namespace["read"]
        return read


def _whole(step: Read, inner: Read | None, field: Field, absent: bool) -> Read:
    """Read a path, then what its end holds; an attribute that is not there is absent where the field can do without."""
    first = field.source[0]
    path = "__".join(field.source)

    def read(value: Any) -> Any:
        try:
            found = step(value)
        except AttributeError:
            if absent and not hasattr(type(value), first) and first not in getattr(value, "__dict__", ()):
                return _ABSENT
            raise
        if inner is None or found is None:
            return found
        try:
            return inner(found)
        except LazyLoadError as error:
            raise LazyLoad.under(error, first) from error.__cause__
        except Exception as error:
            raise LazyLoad.of(error, path, many=True) from error

    return read


def _step_reader(name: str, column: Column | None, strict: bool, *, key: bool) -> Read:
    """Read the attribute *name*; of a relation its key alone, where *key*."""
    if column is None:
        return lambda value: _attribute(value, name)
    if column.is_relation and not column.many and key:
        name = column.key
    read = column.reader(name, key=key)
    loaded = column.loaded if strict else None

    def read_column(value: Any) -> Any:
        if loaded is not None and not loaded(value, name):
            raise LazyLoad.outside_plan(value, name, many=column.many)
        try:
            return read(value)
        except Exception as error:
            raise LazyLoad.of(error, name, many=column.many) from error

    return read_column


def _then(step: Read, name: str, strict: bool) -> Read:
    """Go on from what *step* reads to its attribute *name*; None stays None."""

    def read(value: Any) -> Any:
        found = step(value)
        if found is None:
            return None
        columns = columns_of(type(found))
        column = columns.get(name) if columns is not None else None
        if column is None:
            return _attribute(found, name)
        return _step_reader(name, column, strict, key=False)(found)

    return read


def _inner(hint: Any, strict: bool) -> Read | None:
    """What turns an object's attribute into the data of *hint*; `None` where it is taken as it is."""
    type_ = peel(hint).type
    if (information := information_of(type_)) is not None:
        return lambda value: read_object(information, value, strict=strict)
    if is_union(type_):
        inner = [found for member in get_args(type_) if (found := _inner(member, strict)) is not None]
        return inner[0] if len(inner) == 1 else None
    origin, arguments = get_origin(type_) or type_, get_args(type_)
    if origin in _ARRAYS:
        return _items_reader(_inner(arguments[0], strict) if arguments else None)
    if origin is dict and len(arguments) == 2 and (found := _inner(arguments[1], strict)) is not None:
        return lambda value: {key: found(member) for key, member in value.items()}
    if is_record(type_) and not issubclass(get_origin(type_) or type_, tuple):
        return _record_reader(type_, strict)
    if type_ is str:
        return _text
    return None


def _text(value: Any) -> Any:
    # A file is told by its address, a lazily translated text by its translation.
    if type(value) is str:
        return value
    if hasattr(value, "storage") and hasattr(value, "url"):
        return value.url if value else ""
    return str(value) if hasattr(type(value), "_delegate_text") or type(value).__name__ == "__proxy__" else value


def _items_reader(inner: Read | None) -> Read:
    def read(value: Any) -> Any:
        if hasattr(value, "all"):
            value = value.all()
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            return value
        if inner is None:
            return [_key(item) for item in value]
        return [inner(item) for item in value]

    return read


def _key(item: Any) -> Any:
    """The primary key of a model instance; anything else is itself."""
    return item.pk if hasattr(item, "_meta") else item


def _record_reader(type_: Any, strict: bool) -> Read:
    fields = [(field, _inner(field.hint, strict)) for field in record_fields(type_)]

    def read(value: Any) -> Any:
        if isinstance(value, Mapping | msgspec.Struct) or not hasattr(value, "__dict__") or type(value) is type_:
            return value
        made = {}
        for field, inner in fields:
            if field.required or hasattr(value, field.name):
                member = _attribute(value, field.name)
                made[field.wire_name] = member if inner is None else inner(member)
        return made

    return read


class LazyLoad:
    """The words of `LazyLoadError`."""

    @staticmethod
    def of(error: Exception, path: str, *, many: bool) -> Exception:
        """What to raise for *error*, which reading *path* raised."""
        if type(error).__name__ != "SynchronousOnlyOperation":
            return error
        return LazyLoad._missing(path, "would query the database on the event loop", many=many)

    @staticmethod
    def outside_plan(value: Any, path: str, *, many: bool) -> LazyLoadError:
        return LazyLoad._missing(path, f"is not loaded with its {type(value).__name__}", many=many)

    @staticmethod
    def _missing(path: str, why: str, *, many: bool) -> LazyLoadError:
        made = LazyLoadError(path, many, why)
        return made

    @staticmethod
    def under(error: LazyLoadError, step: str) -> LazyLoadError:
        """*error* of an object that *step* led to."""
        path, many, why = error.args
        return LazyLoadError(f"{step}__{path}", many, why)


def data_reader(hint: Any) -> Read:
    """What turns objects into the data of *hint*: instances, lists of them, what a manager or a QuerySet gives."""
    return _inner(hint, False) or _same
