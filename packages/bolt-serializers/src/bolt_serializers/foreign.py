"""Models of other libraries inside a serializer: pydantic's, found by their shape."""

from collections.abc import Callable
from types import NoneType
from typing import Any, get_args, get_origin

from bolt_serializers.encoding import is_foreign
from bolt_serializers.errors import ValidationError
from bolt_serializers.hints import is_union, peel

type Read = Callable[[Any], Any]


def foreign_reader(hint: Any) -> Read | None:
    """What makes values of *hint* of plain data, where there is a pydantic model in it; `None` where there is none.

    Models stand alone, or in unions with None, lists, tuples of any length, sets and values of dicts. Raises TypeError
    for other places, and for a union of a model with something else than None.
    """
    type_ = hint if is_union(hint) else peel(hint).type
    if is_foreign(type_):
        return _model_reader(type_)
    arguments = [argument for argument in get_args(type_) if argument is not Ellipsis]
    readers = [foreign_reader(argument) for argument in arguments]
    found = [reader for reader in readers if reader is not None]
    if not found:
        return None
    if is_union(type_):
        if len(found) > 1 or len([one for one in arguments if one is not NoneType]) > 1:
            raise TypeError(f"{hint} is a union with a pydantic model; make it one pydantic type, or a model or None")
        return _optional_reader(found[0])
    origin = get_origin(type_)
    if origin in (list, set, frozenset) or (origin is tuple and get_args(type_)[1:] == (Ellipsis,)):
        return _items_reader(found[0], origin)
    if origin is dict and readers[0] is None:
        return _values_reader(found[0])
    raise TypeError(f"{hint} holds a pydantic model where it cannot be read; use a list or a dict of it")


def _model_reader(model: Any) -> Read:
    def read(value: Any) -> Any:
        try:
            return model.model_validate(value)
        except ValueError as error:
            raise _translated(error) from error

    return read


def _translated(error: Any) -> Exception:
    if not hasattr(error, "errors"):
        return ValidationError(str(error))
    listed = error.errors(include_url=False, include_input=False)
    return ValidationError(
        [
            (one["loc"], one["msg"], one["type"], {k: v for k, v in one.get("ctx", {}).items() if k != "error"} or None)
            for one in listed
        ]
    )


def _optional_reader(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _items_reader(read: Read, make: Any) -> Read:
    def read_items(value: Any) -> Any:
        if not isinstance(value, list | tuple | set | frozenset):
            raise ValidationError(f"Expected `array`, got `{type(value).__name__}`", type="type_error")
        return make(_each(enumerate(value), read))

    return read_items


def _values_reader(read: Read) -> Read:
    def read_values(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError(f"Expected `object`, got `{type(value).__name__}`", type="type_error")
        return dict(zip(value, _each(value.items(), read), strict=True))

    return read_values


def _each(pairs: Any, read: Read) -> list[Any]:
    values, found = [], []
    for key, value in pairs:
        try:
            values.append(read(value))
        except ValidationError as error:
            found += [((key, *loc), msg, kind, ctx) for loc, msg, kind, ctx in error.found]
    if found:
        raise ValidationError(found)
    return values
