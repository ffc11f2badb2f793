"""Instances of Django's models as data: their own `__dict__`, where each field is a column of its name.

To make a dict of every instance takes longer than all else that becomes of it.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bolt_serializers.fields import Field
from bolt_serializers.hints import peel
from bolt_serializers.information import Information

type Read = Callable[[Any], Any]

_DESCRIPTORS = ("DeferredAttribute", "ForeignKeyDeferredAttribute")
"""Django's, which load what is not loaded and do nothing else."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A field that is read from an object."""

    field: Field
    key: str | None
    """The attribute that holds its column; `None` where more is read than a column."""
    is_text: bool
    """Whether its value may be something that stands for text."""


def own_row_reader(information: Information, kind: type, stored: Sequence[Stored], whole: Read) -> Read | None:
    """What gives the `__dict__` of an instance of *kind*; `None` where that is not what the class's fields would read.

    *whole* reads instances that lack a column, or whose text is no plain text.
    """
    if _takes_more(information) or inspect.getattr_static(kind, "__getattribute__") is not object.__getattribute__:
        return None
    if any(one.key is None or one.key != one.field.wire_name or not _is_plain(kind, one.key) for one in stored):
        return None
    lines = [
        "def read(value):",
        "    row = value.__dict__",
        f"    return row if {' and '.join(map(_condition, stored)) or 'True'} else whole(value)",
    ]
    namespace: dict[str, Any] = {"whole": whole}
    exec(compile("\n".join(lines), f"<rows of {kind.__qualname__}>", "exec"), namespace)
    read: Read = namespace["read"]
    return read


def _takes_more(information: Information) -> bool:
    """Whether the class would take more from a dict than its fields, or hand the dict to code that may change it."""
    config = information.class_.__struct_config__
    return (
        config.forbid_unknown_fields
        or config.tag is not None
        or any(one.mode == "before" for one in information.validators.every)
        or any(field.computed is not None or field.options.write_only for field in information.fields)
    )


def _is_plain(kind: type, name: str) -> bool:
    """Whether the attribute *name* is what the instance's `__dict__` holds by that name."""
    found = type(inspect.getattr_static(kind, name, None))
    return found.__module__.startswith("django.") and found.__name__ in _DESCRIPTORS


def _condition(stored: Stored) -> str:
    """Whether a column is loaded and, where text is asked for, holds text itself."""
    loaded = f"{stored.key!r} in row"
    if not stored.is_text:
        return loaded
    text = f"type(t := row.get({stored.key!r})) is str"
    return f"({text} or t is None and {loaded})" if peel(stored.field.hint).optional else text
