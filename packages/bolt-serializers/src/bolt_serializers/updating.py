"""From data to the attributes of an object that exists."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bolt_serializers.deriving import partial_of
from bolt_serializers.errors import DeclarationError
from bolt_serializers.information import Information, information_of


def update_instance(information: Information, obj: Any, data: Any) -> list[str]:
    """Set attributes of *obj*, and return their names."""
    if isinstance(data, Mapping):
        data = partial_of(information).validate(dict(data))
    given = information_of(type(data))
    if given is None:
        raise TypeError(f"update_instance() takes a Serializer or a dict, not {type(data).__qualname__}")
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
        setattr(obj, last, value)
        changed.append(last)
    return changed
