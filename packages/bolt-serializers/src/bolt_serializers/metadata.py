"""`Check`: what a type says of its values in words of its own, beside what `msgspec.Meta` can say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bolt_serializers.errors import DeclarationError
from bolt_serializers.invalid import InvalidValue, Told


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A function that looks at the values of a type: `Annotated[str, Check(is_slug)]`, at any depth of a type.

    *function* gets a value of the type, never `None`, and raises `ValueError` where it is wrong; what it returns is
    ignored, so it cannot change the value. An `InvalidValue` says its own type of error and context; any other
    `ValueError` has the type *type*. Other exceptions are mistakes of the function's and left alone. Of several checks
    of one type the first that fails is told, from the inside out.

    *schema* are keywords of JSON Schema that describe what is checked. Raises `DeclarationError` for arguments of
    other types.
    """

    function: Callable[[Any], object]
    schema: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    type: str = field(default="value_error", kw_only=True)

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise DeclarationError(f"Check({self.function!r}): give a function that takes a value")
        if not isinstance(self.schema, Mapping):
            raise DeclarationError(f"{self!r}: schema={self.schema!r}; give a dict of JSON Schema keywords")
        if not isinstance(self.type, str) or not self.type:
            raise DeclarationError(f"{self!r}: type={self.type!r}; give the name of a type of error")
        object.__setattr__(self, "schema", MappingProxyType(dict(self.schema)))

    # Annotated types are compared and kept by their metadata, while functions may be equal that are not the same.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Check):
            return NotImplemented
        return self.function is other.function and self.type == other.type and self.schema == other.schema

    def __hash__(self) -> int:
        return hash((id(self.function), self.type))

    def __repr__(self) -> str:
        return f"Check({getattr(self.function, '__qualname__', repr(self.function))})"

    def told(self, value: Any) -> Told | None:
        """Message, type of error and context of what is wrong with *value*; `None` where nothing is."""
        try:
            self.function(value)
        except InvalidValue as error:
            return str(error), error.type, error.ctx
        except ValueError as error:
            return str(error) or "Invalid value", self.type, None
        return None


def run_checks(checks: tuple[Check, ...], value: Any) -> Any:
    """Return *value* if it passes *checks*; raise `InvalidValue` for the first that it does not."""
    for check in checks:
        if (told := check.told(value)) is not None:
            raise InvalidValue(*told)
    return value
