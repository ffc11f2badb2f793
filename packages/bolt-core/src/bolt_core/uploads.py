"""Classes of uploaded files, by what a handler annotates its parameter with."""

from collections.abc import Callable
from typing import Any

_factories: dict[type, Callable[[Any], Any]] = {}


def register_upload_class(annotation_class: type, factory: Callable[[Any], Any]) -> None:
    """Let *factory* make the value of a parameter annotated with *annotation_class* from the engine's `FilePart`."""
    _factories[annotation_class] = factory


def upload_factory(type_: Any) -> Callable[[Any], Any] | None:
    """What makes a value of *type_* from a file; `None` where *type_* is no class of uploaded files."""
    if not isinstance(type_, type):
        return None
    for base in type_.__mro__:
        if (factory := _factories.get(base)) is not None:
            return factory
    return None
