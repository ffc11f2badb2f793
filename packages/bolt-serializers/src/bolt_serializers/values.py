"""What attributes of objects hold, as data: the text of files and choices, the keys of related objects."""

import enum
from collections.abc import Callable
from typing import Any


def attribute(value: Any, name: str) -> Any:
    """An attribute of *value*, or what it returns where it is called without arguments."""
    found = getattr(value, name)
    if not callable(found) or hasattr(found, "all"):
        return found
    if getattr(found, "alters_data", False):
        raise TypeError(f"{type(value).__qualname__}.{name}() alters data and is not called to read it; name another")
    return found()


def text(value: Any) -> Any:
    """*value*, or the text that stands for it: of a file its address, of a lazily translated text its translation."""
    if type(value) is str:
        return value
    if hasattr(value, "storage") and hasattr(type(value), "url"):
        return value.url if value else ""
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if hasattr(type(value), "_delegate_text") or type(value).__name__ == "__proxy__" else value


def text_or_none(value: Any) -> Any:
    """As `text`; no file is None, and not an empty address."""
    return (text(value) or None) if hasattr(value, "storage") else text(value)


def is_key(inner: Callable[[Any], Any] | None) -> bool:
    """Whether what is read so takes the key of a relation, and not the object."""
    return inner is None or inner in (text, text_or_none)


def is_unread(rows: Any) -> bool:
    """Whether *rows* are a QuerySet that was not evaluated."""
    return getattr(rows, "_result_cache", ()) is None and hasattr(rows, "values_list")


def key_of(item: Any) -> Any:
    """The primary key of a model instance; anything else is itself."""
    return item.pk if hasattr(item, "_meta") else item
