"""Instances from objects and from lists of data."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from bolt_serializers.constructing import decoding_of, own_failure
from bolt_serializers.decoding import FAILURES, Decoding, validate_plain
from bolt_serializers.information import Information
from bolt_serializers.lazy_loads import lazy_load, no_queries
from bolt_serializers.reading import read_objects


def from_model(information: Information, value: Any, *, strict: bool) -> Any:
    """An instance of what *value* holds."""
    decoding = decoding_of(information)
    return _made(decoding, _read(information, [value], strict, decoding)[0])


def from_models(information: Information, values: Iterable[Any], *, strict: bool) -> list[Any]:
    """Instances of all *values*, checked in one go."""
    if hasattr(values, "all") and not isinstance(values, Iterable):
        values = values.all()
    try:
        rows = list(values)
    except Exception as error:
        if (told := lazy_load(error, f"the {type(values).__qualname__}", "rows")) is None:
            raise
        raise told from error
    decoding = list_decoding(information)
    return _made(decoding, _read(information, rows, strict, decoding))  # type: ignore[no-any-return]


def _read(information: Information, values: list[Any], strict: bool, decoding: Decoding) -> list[Any]:
    try:
        with no_queries() if strict else nullcontext():
            return read_objects(information, values)
    except RecursionError as error:
        # Objects lead to each other for as long as the class does.
        raise own_failure(decoding, None, error) from error


def _made(decoding: Decoding, data: Any) -> Any:
    try:
        return decoding.decoder("plain", trusted=True)(data)
    except FAILURES as error:
        raise own_failure(decoding, data, error) from error.__cause__


def list_decoding(information: Information) -> Decoding:
    """How data becomes a list of instances."""
    made = information.made.get("list_decoding")
    if made is None:
        made = Decoding(list[information.class_], unique_keys=information.unique_keys)  # type: ignore[name-defined]
        made.title = information.class_.__name__
        information.made["list_decoding"] = made
    return made


def validate_many(class_: Any, data: Any, strict: bool | None) -> list[Any]:
    """Instances of an iterable of plain data, or of a JSON array."""
    information = class_.__serializer__.ready()
    decoding = list_decoding(information)
    strict = information.strict if strict is None else strict
    if not isinstance(data, bytes | str):
        return validate_plain(decoding, list(data), strict=strict)  # type: ignore[no-any-return]
    try:
        return decoding.decoder("json", strict=strict)(data)  # type: ignore[no-any-return]
    except FAILURES as error:
        raise decoding.failure("json", data, error, strict=strict) from error.__cause__
