"""From data to the attributes of an object that exists."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bolt_serializers.deriving import partial_of
from bolt_serializers.errors import DeclarationError
from bolt_serializers.fields import Field
from bolt_serializers.information import Information, information_of
from bolt_serializers.models import Column, columns_of
from bolt_serializers.writing import plain


def update_instance(information: Information, obj: Any, data: Any) -> list[str]:
    """Set attributes of *obj*, and return their names."""
    if isinstance(data, Mapping):
        data = partial_of(information).validate(dict(data))
    given = information_of(type(data))
    if given is None:
        raise TypeError(f"update_instance() takes a Serializer or a dict, not {type(data).__qualname__}")
    columns = columns_of(type(obj)) or {}
    changed = []
    for field in given.fields:
        if not field.taken:
            continue
        value = getattr(data, field.name)
        if value is msgspec.UNSET:
            continue
        *steps, last = field.source
        if steps:
            raise DeclarationError(
                f"{given.class_.__qualname__}.{field.name} comes from {'.'.join(field.source)}, which belongs to "
                "another object; make it read_only, or update that object itself"
            )
        column = columns.get(last)
        name = _target(given, field, column, value)
        setattr(obj, name, plain(value) if column is not None and column.is_json else value)
        changed.append(name)
    return changed


def _target(given: Information, field: Field, column: Column | None, value: Any) -> str:
    """The attribute to set: of a foreign key by its key, the column that holds it."""
    last = field.source[-1]
    if column is None or not column.is_relation:
        return last
    where = f"{given.class_.__qualname__}.{field.name}"
    if column.many:
        raise DeclarationError(
            f"{where} leads to many objects, which are no attribute; make it read_only, leave it out with exclude(), "
            f"and call {last}.set() once the object is saved"
        )
    if hasattr(value, "__struct_fields__"):
        raise DeclarationError(
            f"{where} holds the data of another object; make it read_only or leave it out with exclude(), and update "
            "that object itself"
        )
    return last if hasattr(value, "_meta") else column.key
