"""From objects to the data that a serializer takes: attributes, relations, files, managers, by their shape alone.

A reader is made once for a serializer class and a class of objects. Of Django's models it knows the fields: a foreign
key is read by its column where only the key is wanted, a file by its URL, a relation through its manager.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec

from bolt_serializers.errors import LazyLoadError
from bolt_serializers.exact import instance_reader
from bolt_serializers.fields import Field
from bolt_serializers.hints import is_union, peel
from bolt_serializers.information import Information, information_of
from bolt_serializers.lazy_loads import lazy_load, under
from bolt_serializers.models import Column, columns_of, key_source
from bolt_serializers.records import is_record, record_fields
from bolt_serializers.rows import Stored, own_row_reader
from bolt_serializers.values import attribute, is_key, is_unread, key_of, text, text_or_none

type Read = Callable[[Any], Any]

_ABSENT = object()
_ARRAYS = (list, set, frozenset, tuple)
_DATA = frozenset({int, str, float, bool, type(None), bytes, dt.datetime, dt.date, dt.time, Decimal, UUID})


def read_object(information: Information, value: Any) -> Any:
    """What *value* holds of the class's fields, by their names in JSON; a dict is read by Python names.

    Raises `LazyLoadError` for what may not be queried; `AttributeError` where a required field's attribute does not
    exist.
    """
    return reader_of(information, type(value))(value)


def read_objects(information: Information, values: list[Any]) -> list[Any]:
    """`read_object` of each, which mostly are of one class; what is read is not to be changed."""
    if not values:
        return []
    kind = type(values[0])
    read = _row_reader_of(information, kind)
    return [read(value) if type(value) is kind else read_object(information, value) for value in values]


def reader_of(information: Information, kind: type) -> Read:
    """What reads objects of exactly *kind*; made once."""
    readers = information.made.get("readers")
    if readers is None:
        readers = information.made["readers"] = {}
    read: Read | None = readers.get(kind)
    if read is None:
        read = readers[kind] = _make_reader(information, kind)
    return read


def _row_reader_of(information: Information, kind: type) -> Read:
    """`reader_of`, or what gives instances as they are where these are data already."""
    key = ("row reader", kind)
    read: Read | None = information.made.get(key)
    if read is None:
        columns, whole = columns_of(kind) or {}, reader_of(information, kind)
        stored = []
        for field in information.fields:
            if field.read:
                inner = inner_reader(field.hint)
                stored.append(Stored(field, _column_key(columns, field, inner), inner is not None))
        read = information.made[key] = own_row_reader(information, kind, stored, whole) or whole
    return read


def _column_key(columns: Mapping[str, Column], field: Field, inner: Read | None) -> str | None:
    """The attribute that holds the column which *field* is read from, where no more than that is read."""
    source = key_source(columns, field.source)
    column = columns.get(source[0])
    if len(source) > 1 or column is None or not column.concrete or column.is_file or not is_key(inner):
        return None
    return column.key


def _make_reader(information: Information, kind: type) -> Read:
    if issubclass(kind, information.class_):
        return instance_reader(information, inner_reader)
    if issubclass(kind, Mapping):
        return _mapping_reader(information)
    writer = _Writer(information, kind)
    for field in information.fields:
        if field.read:
            writer.add(field)
    return writer.function()


def _same(value: Any) -> Any:
    return value


def _mapping_reader(information: Information) -> Read:
    """Rows of `values()`, and dicts that hold objects."""
    fields = [(field, inner_reader(field.hint)) for field in information.fields if field.read]

    def read(row: Any) -> dict[str, Any]:
        made = {}
        for field, inner in fields:
            value = _member(row, field, key=is_key(inner))
            if value is not _ABSENT:
                made[field.wire_name] = value if inner is None or value is None else inner(value)
        return made

    return read


def _member(row: Any, field: Field, *, key: bool) -> Any:
    # As values("author__name") calls it, or values() a foreign key.
    joined = "__".join(field.source)
    for name in (joined, f"{joined}_id") if key else (joined,):
        if name in row:
            return row[name]
    for index, step in enumerate(field.source):
        if row is None:
            return _broken(field)
        if not isinstance(row, Mapping):
            path = "__".join(field.source[: index + 1])
            row = _attribute_reader(type(row), step, path, key=key and step is field.source[-1])(row)
        elif step in row:
            row = row[step]
        else:
            return _ABSENT
    return row


def _broken(field: Field) -> Any:
    """What is read where None stands on the way to *field*: its default, where it has one."""
    return None if field.required else _ABSENT


class _Writer:
    """Writes a reader's source: one dict display, as fast as Python reads attributes."""

    def __init__(self, information: Information, kind: type) -> None:
        self.information = information
        self.kind = kind
        self.columns = columns_of(kind) or {}
        self.plain: list[str] = []
        """Attributes that are read without further ado."""
        self.whole: dict[str, Read] = {}
        """What reads attributes that may be anything, and says what is missing."""
        self.namespace: dict[str, Any] = {
            "absent": _ABSENT,
            "data": _DATA,
            "explain": self.explain,
            "text": text,
            "whole": self.whole,
        }
        self.entries: list[str] = []
        self.optional: list[str] = []

    def add(self, field: Field) -> None:
        """Read *field*, from a column where the object is a Django model that has it."""
        source = key_source(self.columns, field.source)
        inner = inner_reader(field.hint)
        if (key := _column_key(self.columns, field, inner)) is not None:
            self.plain.append(key)
            read = f"value.{key}"
            if inner is not None:
                read = f"t if type(t := {read}) is str else text(t)"
            self.entries.append(f"{field.wire_name!r}: {read}")
            return
        absent = not field.required and (len(source) > 1 or source[0] not in self.columns)
        step = _path_reader(source, key=is_key(inner), broken=_broken(field))
        if len(source) == 1 and not self.columns and not absent and is_key(inner):
            # What is data already, as attributes of plain objects are, needs no second look.
            self.whole[field.name] = _whole(step, inner, field, self.information, absent=False)
            self.entries.append(
                f"{field.wire_name!r}: t if type(t := value.{source[0]}) in data else whole[{field.name!r}](value)"
            )
            return
        name = f"n{len(self.namespace)}"
        self.namespace[name] = _whole(step, inner, field, self.information, absent=absent)
        if absent:
            self.optional.append(f"    if (v := {name}(value)) is not absent: made[{field.wire_name!r}] = v")
        else:
            self.entries.append(f"{field.wire_name!r}: {name}(value)")

    def explain(self, error: Exception, value: Any) -> Exception | None:
        """What to raise for *error* of a column that is not loaded, or of an attribute that is not there."""
        if isinstance(error, AttributeError) and not self.columns:
            for read in self.whole.values():
                read(value)
        missing = [name for name in self.plain if name not in value.__dict__] or self.plain
        return lazy_load(error, missing[0], "column") if missing else None

    def function(self) -> Read:
        """The reader."""
        lines = [
            "def read(value):",
            "    try:",
            f"        made = {{{', '.join(self.entries)}}}",
            "    except Exception as error:",
            "        if (told := explain(error, value)) is None: raise",
            "        raise told from error",
            *self.optional,
            "    return made",
        ]
        name = f"<reading {self.kind.__qualname__} as {self.information.class_.__qualname__}>"
        exec(compile("\n".join(lines), name, "exec"), self.namespace)
        read: Read = self.namespace["read"]
        return read


def _whole(step: Read, inner: Read | None, field: Field, information: Information, *, absent: bool) -> Read:
    """Read a path, then what its end holds; an attribute that is not there is absent where the field can do without."""
    first = field.source[0]
    path = "__".join(field.source)
    where = f"{information.class_.__qualname__}.{field.name}"
    many = is_array(field.hint)

    def read(value: Any) -> Any:
        try:
            found = step(value)
        except AttributeError as error:
            if hasattr(type(value), first) or first in getattr(value, "__dict__", ()):
                raise
            if absent:
                return _ABSENT
            raise AttributeError(
                f"{where}: {type(value).__qualname__} has no attribute {first!r}; "
                "name the one to read with field(source=…), or give the field a default"
            ) from error
        if inner is None or found is None or found is _ABSENT:
            return found
        try:
            return inner(found)
        except LazyLoadError as error:
            raise under(error, path, many=many) from error.__cause__
        except Exception as error:
            if (told := lazy_load(error, path, "relation", many=many)) is None:
                raise
            raise told from error

    return read


def _path_reader(source: tuple[str, ...], *, key: bool, broken: Any) -> Read:
    """Follow *source*; None on the way makes it *broken*. Of a relation at its end the key alone, where *key*."""
    steps = [
        _step_reader(name, "__".join(source[: index + 1]), key=key and index + 1 == len(source))
        for index, name in enumerate(source)
    ]
    if len(steps) == 1:
        return steps[0]

    def read(value: Any) -> Any:
        for step in steps:
            if value is None:
                return broken
            value = step(value)
        return value

    return read


def _step_reader(name: str, path: str, *, key: bool) -> Read:
    readers: dict[type, Read] = {}

    def read(value: Any) -> Any:
        kind = type(value)
        reader = readers.get(kind)
        if reader is None:
            reader = readers[kind] = _attribute_reader(kind, name, path, key=key)
        return reader(value)

    return read


def _attribute_reader(kind: type, name: str, path: str, *, key: bool) -> Read:
    """Read the attribute *name*, to which *path* leads, of instances of *kind*."""
    if issubclass(kind, Mapping):
        return lambda value: value[name]
    column = (columns_of(kind) or {}).get(name)
    get = column.reader(key=key) if column is not None else lambda value: attribute(value, name)
    many = column is not None and column.many
    what = _what(column)

    def read(value: Any) -> Any:
        try:
            return get(value)
        except Exception as error:
            if (told := lazy_load(error, path, what, many=many)) is None:
                raise
            raise told from error

    return read


def _what(column: Column | None) -> Any:
    if column is None:
        return "code"
    return "relation" if column.is_relation else "column"


def is_array(hint: Any) -> bool:
    """Whether *hint* is a list or the like, be it optional."""
    type_ = peel(hint).type
    members = get_args(type_) if is_union(type_) else (type_,)
    return any((get_origin(member) or member) in _ARRAYS for member in members)


def inner_reader(hint: Any) -> Read | None:
    """What turns an object's attribute into the data of *hint*; `None` where it is taken as it is."""
    peeled = peel(hint)
    type_ = peeled.type
    if (information := information_of(type_)) is not None:
        return lambda value: read_object(information, value)
    if is_union(type_):
        inner = [found for member in get_args(type_) if (found := inner_reader(member)) is not None]
        return inner[0] if len(inner) == 1 else None
    origin, arguments = get_origin(type_) or type_, get_args(type_)
    if origin in _ARRAYS:
        return _items_reader(inner_reader(arguments[0]) if arguments else None)
    if origin is dict and len(arguments) == 2 and (found := inner_reader(arguments[1])) is not None:
        return lambda value: {key: found(member) for key, member in value.items()}
    if is_record(type_) and not issubclass(get_origin(type_) or type_, tuple):
        return _record_reader(type_)
    if type_ is str or origin is Literal:
        return text_or_none if peeled.optional else text
    return None


def _items_reader(inner: Read | None) -> Read:
    keys = is_key(inner)

    def read(value: Any) -> Any:
        if hasattr(value, "all"):
            rows = value.all()
            # Rows that are not there yet need not come whole.
            value = rows.values_list("pk", flat=True) if keys and is_unread(rows) else rows
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            return value
        if keys:
            return [key_of(item) if inner is None else inner(key_of(item)) for item in value]
        return [inner(item) for item in value]  # type: ignore[misc]

    return read


def _record_reader(type_: Any) -> Read:
    fields = [(field, inner_reader(field.hint)) for field in record_fields(type_)]

    def read(value: Any) -> Any:
        if isinstance(value, Mapping | msgspec.Struct) or not hasattr(value, "__dict__") or type(value) is type_:
            return value
        made = {}
        for field, inner in fields:
            if field.required or hasattr(value, field.name):
                try:
                    member = _attribute_reader(type(value), field.name, field.name, key=is_key(inner))(value)
                    made[field.wire_name] = member if inner is None or member is None else inner(member)
                except LazyLoadError as error:
                    raise under(error, field.name, many=is_array(field.hint)) from error.__cause__
        return made

    return read


def data_reader(hint: Any) -> Read:
    """What turns objects into the data of *hint*: instances, lists of them, what a manager or a QuerySet gives."""
    return inner_reader(hint) or _same
