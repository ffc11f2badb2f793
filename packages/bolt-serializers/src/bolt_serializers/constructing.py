"""Instances by a call of the class: arguments by position, by name or by alias, validated like any data."""

from collections.abc import Callable
from typing import Any

import msgspec

from bolt_serializers.decoding import FAILURES, Decoding
from bolt_serializers.errors import ConstructionError, ValidationError
from bolt_serializers.finishing import MISSING, trusting
from bolt_serializers.information import Information, information_of
from bolt_serializers.plain_data import check_plain_data
from bolt_serializers.reading import data_reader


def construct(information: Information, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An instance. Raises `TypeError` for arguments that are no fields, `ConstructionError` for wrong values."""
    data = _arguments(information, args, kwargs)
    decoding = decoding_of(information)
    try:
        check_plain_data(data)
        if any(name not in data for name in _needed(information)):
            raise msgspec.ValidationError("missing")
        return _decode(information, decoding.decoder("plain", trusted=True), data)
    except FAILURES as error:
        raise _failure(decoding, data, error) from error.__cause__


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
    return made  # type: ignore[no-any-return]


def own_failure(decoding: Decoding, data: Any, error: BaseException) -> BaseException:
    """What to raise for *error* about the program's own *data*."""
    with trusting(True):
        failure = decoding.failure("plain", data, error)
    return ConstructionError(failure.found, title=failure.title) if isinstance(failure, ValidationError) else failure


_failure = own_failure


def _needed(information: Information) -> tuple[str, ...]:
    """Names on the wire of what msgspec does not ask for, though it is required."""
    if "needed" not in information.made:
        information.made["needed"] = tuple(
            field.wire_name for field in information.fields if field.required and field.options.write_only
        )
    needed: tuple[str, ...] = information.made["needed"]
    return needed


def _arguments(information: Information, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Values by the names of JSON; what is `UNSET` is left out."""
    names = information.wire_names
    class_ = information.class_.__qualname__
    positional = [name for name in information.names if name not in information.declared.computed]
    if len(args) > len(positional):
        raise TypeError(f"{class_}() takes {len(positional)} positional arguments but {len(args)} were given")
    data = {names[name]: value for name, value in zip(positional, args, strict=False)}
    by_alias = None
    for name, value in kwargs.items():
        wire_name = names.get(name)
        if wire_name is None:
            by_alias = by_alias or set(names.values())
            wire_name = name if name in by_alias else None
        if wire_name is None or name in information.declared.computed:
            raise TypeError(f"{class_}() got an unexpected keyword argument {name!r}")
        if wire_name in data:
            raise TypeError(f"{class_}() got multiple values for argument {name!r}")
        data[wire_name] = value
    return {name: value for name, value in data.items() if value is not msgspec.UNSET}


__all__ = ["MISSING", "construct", "decoding_of", "own_failure"]
