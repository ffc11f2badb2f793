"""Fields that are computed when they are read or written."""

import weakref
from collections.abc import Callable
from typing import Any

from bolt_serializers.encoding import register_encoder


class Reference(weakref.ref[Any]):
    """Stands in the slot of a computed field, for encoders to ask; weak, as an instance must not hold itself.

    A subclass for each field knows what computes it.
    """

    __slots__ = ()
    function: Callable[[Any], Any]

    def compute(self) -> Any:
        """The value, for the instance that the slot belongs to."""
        instance = self()
        assert instance is not None, "a slot does not outlive its instance"
        return type(self).function(instance)

    # Two instances are equal where what is computed from is; a weak reference would compare them again.
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return "<computed>"


class Computed:
    """Stands in the class in place of the field's slot."""

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        self.name = name
        self.function = function
        self.reference: type[Reference] = type(
            f"{name}_reference", (Reference,), {"__slots__": (), "function": staticmethod(function)}
        )

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else self.function(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(
            f"{type(instance).__qualname__}.{self.name} is computed; assign to what it is computed from"
        )


register_encoder(Reference, Reference.compute)
