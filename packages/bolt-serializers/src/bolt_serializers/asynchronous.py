"""What is awaited: validators that are async, and reading that may have to wait for a database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from bolt_serializers.errors import ValidationError, found_of
from bolt_serializers.finishing import no_value, not_self
from bolt_serializers.information import Information, information_of
from bolt_serializers.invalid import Found
from bolt_serializers.records import declarations

type Runner = Callable[[Callable[[], Any]], Awaitable[Any]]

_runner: Runner = asyncio.to_thread


def set_thread_runner(runner: Runner) -> None:
    """Let `await runner(function)` run what may block, in place of `asyncio.to_thread`; for the whole process.

    An integration with a database gives what runs on the thread that owns the request's connection.
    """
    global _runner
    _runner = runner


async def off_loop[T](function: Callable[[], T]) -> T:
    """What *function* returns on a thread."""
    made: T = await _runner(function)
    return made


async def run_validators(value: Any) -> None:
    """Await every async validator of *value* and of what it holds, one after the other.

    Raises `ValidationError` with everything that they refuse. Those of a model's whole run where its fields are right.
    """
    found: list[Found] = []
    await _run(value, (), found)
    if found:
        raise ValidationError(found, title=type(value).__name__)


async def _run(value: Any, loc: tuple[str | int, ...], found: list[Found]) -> None:
    kind = type(value)
    if isinstance(value, list | tuple | set | frozenset):
        for index, item in enumerate(value):
            await _run(item, (*loc, index), found)
    elif kind is dict:
        for key, item in value.items():
            await _run(item, (*loc, str(key)), found)
    elif (information := information_of(kind)) is not None:
        await _run_instance(information, value, loc, found)
    elif isinstance(value, msgspec.Struct):
        for name, wire_name in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            await _run(getattr(value, name), (*loc, wire_name), found)
    else:
        for one in declarations(kind) or ():
            await _run(getattr(value, one.name), (*loc, one.name), found)


async def _run_instance(information: Information, value: Any, loc: tuple[str | int, ...], found: list[Found]) -> None:
    before = len(found)
    for field in information.fields:
        if field.computed is not None or (member := getattr(value, field.name)) is msgspec.UNSET:
            continue
        at = (*loc, field.wire_name)
        await _run(member, at, found)
        if member is field.default:
            continue
        for validator in information.validators.of_field(field.name, "after", is_async=True):
            made = await _ask(validator.function(information.class_, member), at, found)
            if made is _REFUSED:
                break
            if made is None and not information.can_be_none(field):
                raise no_value(information.class_, validator.name)
            if made is not member:
                member = made
                information.put(value, field.name, made)
    if len(found) == before:
        for model_validator in information.validators.of_model("after", is_async=True):
            made = await _ask(model_validator.function(value), loc, found)
            if made is not _REFUSED and made is not None and made is not value:
                raise not_self(information.class_, model_validator.name)


_REFUSED = object()


async def _ask(answer: Awaitable[Any], loc: tuple[str | int, ...], found: list[Found]) -> Any:
    try:
        return await answer
    except Exception as error:
        told = found_of(error)
        if told is None:
            raise
        found += [((*loc, *where), msg, kind, ctx) for where, msg, kind, ctx in told]
        return _REFUSED
