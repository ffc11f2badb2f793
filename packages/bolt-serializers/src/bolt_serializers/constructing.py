"""Instances by a call of the class: arguments by position, by name or by alias, validated like any data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bolt_serializers.decoding import FAILURES, Decoding
from bolt_serializers.errors import ConstructionError, ValidationError
from bolt_serializers.finishing import trusting
from bolt_serializers.information import Information, information_of
from bolt_serializers.plain_data import check_plain_data
from bolt_serializers.reading import data_reader


def construct(information: Information, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An instance. Raises `TypeError` for arguments that are no fields, `ConstructionError` for wrong values."""
    data = _arguments(information, args, kwargs)
    decoding = decoding_of(information)
    try:
        check_plain_data(data)
        for name in _parameters(information).needed:
            if name not in data:
                raise msgspec.ValidationError(f"Object missing required field `{name}`")
        return _decode(information, decoding.decoder("plain", trusted=True), data)
    except FAILURES as error:
        raise own_failure(decoding, data, error) from error.__cause__


def _decode(information: Information, decode: Callable[[Any], Any], data: dict[str, Any]) -> Any:
    try:
        return decode(data)
    except msgspec.ValidationError:
        # msgspec takes an instance of exactly the class for a nested one; one of a derived class becomes it.
        again = {name: _as_declared(information, name, value) for name, value in data.items()}
        if all(again[name] is value for name, value in data.items()):
            raise
        return decode(again)


def _as_declared(information: Information, wire_name: str, value: Any) -> Any:
    if not _holds_instances(value):
        return value
    field = next(field for field in information.fields if field.wire_name == wire_name)
    return data_reader(field.hint)(value)


def _holds_instances(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_instances, value))
    if isinstance(value, dict):
        return any(map(_holds_instances, value.values()))
    return information_of(type(value)) is not None


def decoding_of(information: Information) -> Decoding:
    """How data becomes an instance of the class."""
    made = information.made.get("decoding")
    if made is None:
        made = Decoding(information.class_, unique_keys=information.unique_keys)
        information.made["decoding"] = made
    return made


def own_failure(decoding: Decoding, data: Any, error: BaseException) -> BaseException:
    """What to raise for *error* about the program's own *data*."""
    with trusting(True):
        failure = decoding.failure("plain", data, error)
    return ConstructionError(failure.found, title=failure.title) if isinstance(failure, ValidationError) else failure


@dataclass(frozen=True, slots=True)
class _Parameters:
    """What a call of the class takes."""

    positional: tuple[str, ...]
    """Names on the wire, in the order of the class."""
    wire_names: dict[str, str]
    """By every name that is taken: a field's own and its alias."""
    needed: tuple[str, ...]
    """Names on the wire of what msgspec does not ask for, though it is required."""


def _parameters(information: Information) -> _Parameters:
    made = information.made.get("parameters")
    if made is None:
        fields = [field for field in information.fields if field.computed is None]
        wire_names = {field.wire_name: field.wire_name for field in fields}
        wire_names |= {field.name: field.wire_name for field in fields}
        needed = tuple(field.wire_name for field in fields if field.required and field.options.write_only)
        made = _Parameters(tuple(field.wire_name for field in fields), wire_names, needed)
        information.made["parameters"] = made
    return made


def _arguments(information: Information, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Values by the names of JSON; what is `UNSET` is left out."""
    parameters = _parameters(information)
    data = dict(zip(parameters.positional, args, strict=False)) if args else {}
    class_ = information.class_.__qualname__
    if len(args) > len(parameters.positional):
        raise TypeError(
            f"{class_}() takes {len(parameters.positional)} positional arguments but {len(args)} were given"
        )
    for name, value in kwargs.items():
        wire_name = parameters.wire_names.get(name)
        if wire_name is None:
            raise TypeError(f"{class_}() got an unexpected keyword argument {name!r}")
        if wire_name in data:
            raise TypeError(f"{class_}() got multiple values for argument {name!r}")
        data[wire_name] = value
    if any(value is msgspec.UNSET for value in data.values()):
        return {name: value for name, value in data.items() if value is not msgspec.UNSET}
    return data
