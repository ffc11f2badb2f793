"""Functions of a class that check or compute: how they are declared, and how they are found again."""

import dis
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, overload

from bolt_serializers.errors import DeclarationError

type Mode = Literal["before", "after"]

ALL = "*"
"""Stands for every field in `field_validator`."""


@dataclass(frozen=True, slots=True)
class FieldValidator:
    """A function of the class and a value, which returns the value to take instead."""

    name: str
    function: Callable[[Any, Any], Any]
    fields: tuple[str, ...]
    mode: Mode
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class ModelValidator:
    """`before`: a function of the class and the data, which returns the data. `after`: one of the instance."""

    name: str
    function: Callable[..., Any]
    mode: Mode
    is_async: bool = False


class Declared:
    """A decorated function in the body of a class, until the class is made."""

    def __init__(self, function: Any, make: "Callable[[str, Callable[..., Any]], FieldValidator | ModelValidator]"):
        self.function = function
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        raise DeclarationError(
            f"{owner.__qualname__}.{name} is declared a validator, but {owner.__qualname__} is no Serializer; "
            "a mixin must be a Serializer, too"
        )


def field_validator(*fields: str, mode: Mode = "after") -> Callable[[Any], Any]:
    """Let a function check values of *fields*, by their Python names; `"*"` is every field.

    The function is written as `def check(cls, value)`, with or without `@classmethod`, and returns the value to take.
    *mode* `"after"`: it is given a value of the field's type; `"before"`: whatever the data holds. It refuses by
    `ValueError`, `AssertionError` or `ValidationError`; any other exception propagates. Validators of a field run in
    the order of their declaration, those of base classes first; one of the same name takes its base's place. A default
    is not validated. An `async def` runs in `avalidate` only, after all others.

    Raises `DeclarationError` where no field is named or *mode* is neither; the class raises it for unknown names.
    """
    if not fields or not all(isinstance(name, str) for name in fields):
        raise DeclarationError("field_validator() takes the names of fields: @field_validator('email')")
    _check_mode("field_validator", mode)

    def decorate(function: Any) -> Any:
        def make(name: str, plain: Callable[..., Any]) -> FieldValidator:
            is_async = _check_async(name, plain, mode)
            return FieldValidator(name, _taking_class(function, plain), fields, mode, is_async)

        return Declared(function, make)

    return decorate


@overload
def model_validator[F](function: F, /) -> F: ...
@overload
def model_validator(*, mode: Mode = "after") -> Callable[[Any], Any]: ...
def model_validator(function: Any = None, /, *, mode: Mode = "after") -> Any:
    """Let a function check several fields together: `@model_validator` or `@model_validator(mode="before")`.

    *mode* `"after"`: `def check(self)`, once every field is right; it may assign to fields, and returns `self` or
    nothing. `"before"`: `def prepare(cls, data)`, given the data as it came; it returns the data to take instead.
    """
    _check_mode("model_validator", mode)

    def decorate(function: Any) -> Any:
        def make(name: str, plain: Callable[..., Any]) -> ModelValidator:
            is_async = _check_async(name, plain, mode)
            return ModelValidator(name, plain if mode == "after" else _taking_class(function, plain), mode, is_async)

        return Declared(function, make)

    return decorate if function is None else decorate(function)


class ComputedField:
    """A field that is computed from others whenever it is read or written."""

    def __init__(self, function: Any, options: Mapping[str, Any]) -> None:
        plain: Any = function.fget if isinstance(function, property) else function
        self.function: Callable[[Any], Any] = plain
        self.options = dict(options)


@overload
def computed_field[F](function: F, /) -> F: ...
@overload
def computed_field(
    *,
    alias: str | None = None,
    title: str | None = None,
    description: str | None = None,
    examples: Iterable[Any] = (),
    deprecated: bool = False,
) -> Callable[[Any], Any]: ...
def computed_field(function: Any = None, /, **options: Any) -> Any:
    """Write what a method or a property returns as if it were a field.

    Its return annotation is the field's type. It is computed when it is read or written, never from data; as an
    attribute it reads like a property. Options are those of `field`.
    """
    if function is None:
        return lambda function: ComputedField(function, options)
    return ComputedField(function, options)


def _check_mode(decorator: str, mode: Any) -> None:
    if mode not in ("before", "after"):
        raise DeclarationError(f"{decorator}(mode={mode!r}): the mode is 'before' or 'after'")


def _check_async(name: str, function: Callable[..., Any], mode: Mode) -> bool:
    is_async = inspect.iscoroutinefunction(function)
    if is_async and mode == "before":
        raise DeclarationError(f"{name}() is async and runs before; an async validator can only run after all others")
    return is_async


def plain_function(function: Any) -> Callable[..., Any]:
    """The function below `classmethod` and `staticmethod`."""
    while isinstance(function, classmethod | staticmethod):
        function = function.__func__
    if not callable(function):
        raise DeclarationError(f"{function!r} is no function")
    result: Callable[..., Any] = function
    return result


def _taking_class(function: Any, plain: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    if not isinstance(function, staticmethod):
        return plain
    return lambda cls, value: plain(value)


@dataclass(frozen=True, slots=True)
class Validators:
    """Every validator of a class, in the order in which they run."""

    fields: tuple[FieldValidator, ...] = ()
    models: tuple[ModelValidator, ...] = ()

    def of_field(self, name: str, mode: Mode, *, is_async: bool = False) -> tuple[FieldValidator, ...]:
        """Those of the field *name*."""
        return tuple(
            one
            for one in self.fields
            if one.mode == mode and one.is_async is is_async and (name in one.fields or ALL in one.fields)
        )

    def of_model(self, mode: Mode, *, is_async: bool = False) -> tuple[ModelValidator, ...]:
        return tuple(one for one in self.models if one.mode == mode and one.is_async is is_async)

    @property
    def every(self) -> tuple[FieldValidator | ModelValidator, ...]:
        """Those of fields, then those of the whole."""
        return (*self.fields, *self.models)

    @property
    def any_async(self) -> bool:
        return any(one.is_async for one in self.every)


def inherited(
    bases: Iterable["Validators"], own: Iterable[FieldValidator | ModelValidator], gone: set[str]
) -> Validators:
    """The validators of *bases*, nearest last, and *own*, which replace those of the same name; without *gone*."""
    by_name: dict[str, FieldValidator | ModelValidator] = {}
    for base in bases:
        for one in base.every:
            by_name.setdefault(one.name, one)
    for name in gone:
        by_name.pop(name, None)
    for one in own:
        by_name[one.name] = one
    every = by_name.values()
    return Validators(
        tuple(one for one in every if isinstance(one, FieldValidator)),
        tuple(one for one in every if isinstance(one, ModelValidator)),
    )


def may_return_none(function: Callable[..., Any]) -> bool:
    """Whether *function* ends somewhere without a value, or returns None; so far as its code tells."""
    if getattr(function, "__code__", None) is None:
        return True
    before = None
    for instruction in dis.get_instructions(function):
        if instruction.opname == "RETURN_CONST" and instruction.argval is None:
            return True
        constant = before if before is not None and before.opname == "LOAD_CONST" else None
        if instruction.opname == "RETURN_VALUE" and constant is not None and constant.argval is None:
            return True
        before = instruction
    return False
