"""Fields that are never written: their values stand where no encoder looks."""

from typing import Any

import msgspec


class Hidden:
    """Stands in the class in place of the field's slot, which holds `UNSET`; values are in the instance's dict.

    Encoders written in C read slots, and leave out what is `UNSET`; so what must not leave cannot, whoever encodes.
    """

    def __init__(self, name: str, *, frozen: bool) -> None:
        self.name = name
        self.frozen = frozen

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else instance.__dict__.get(self.name, msgspec.UNSET)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.frozen:
            raise AttributeError(f"immutable type: {type(instance).__qualname__!r}")
        instance.__dict__[self.name] = value
