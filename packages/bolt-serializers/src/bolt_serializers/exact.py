"""Instances of serializers as objects to read: as they are where they are exactly what is asked for.

An instance of a derived class stands for its base in Python, and would be written with fields that the base has not.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from bolt_serializers.information import Information, information_of, reachable


def instance_reader(
    information: Information, inner: Callable[[Any], Callable[[Any], Any] | None]
) -> Callable[[Any], Any]:
    """What reads instances of the class and of classes derived from it; *inner* gives what reads a field's value."""
    exact = exactness(information)
    fields = [(field, inner(field.hint)) for field in information.fields if field.computed is None]

    def read(value: Any) -> Any:
        if exact(value):
            return value
        made = {}
        for field, read_field in fields:
            member = getattr(value, field.name)
            if member is not msgspec.UNSET:
                made[field.wire_name] = member if read_field is None or member is None else read_field(member)
        return made

    return read


def exactness(information: Information) -> Callable[[Any], bool]:
    """Whether an instance, and every serializer in it, is of exactly the class that is declared there."""
    class_ = information.class_
    nested = []
    for field in information.fields:
        classes = frozenset(one.class_ for one in reachable(field.hint)) if field.computed is None else frozenset()
        if classes:
            nested.append((field.name, classes))

    def exact(value: Any) -> bool:
        return type(value) is class_ and all(_is_exact(getattr(value, name), classes) for name, classes in nested)

    return exact


def _is_exact(value: Any, classes: frozenset[type]) -> bool:
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return all(_is_exact(item, classes) for item in value)
    if kind is dict:
        return all(_is_exact(item, classes) for item in value.values())
    if (information := information_of(kind)) is not None:
        if kind not in classes:
            return False
        exact = information.made.get("exact")
        if exact is None:
            exact = information.made["exact"] = exactness(information)
        return bool(exact(value))
    return True
