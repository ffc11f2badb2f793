"""Serializers in a handler's signature: how its bodies are decoded, what of its results leaves."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from bolt_serializers.asynchronous import run_validators
from bolt_serializers.checks import readable
from bolt_serializers.decoding import FAILURES, Decoding
from bolt_serializers.errors import Escaped, Refused, ValidationError
from bolt_serializers.hints import describe
from bolt_serializers.information import information_of, reachable
from bolt_serializers.invalid import Found
from bolt_serializers.reading import data_reader

from bolt_core.binding.callables import Call
from bolt_core.binding.hints import peel
from bolt_core.encoding import JSON_ENCODER
from bolt_core.exceptions import ConfigError
from bolt_core.plan import ParamPlan

type Decode = Callable[[bytes], Any]


class InvalidBody(msgspec.ValidationError):
    """A body that is of its type but breaks a limit, and where it does."""

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__(found[0][1])
        self.found = found


class ResponseValidationError(Exception):
    """A handler returned something that its response model does not allow; the client sees a plain 500."""


def decoding_for(annotation: Any) -> Decoding:
    """How data becomes a value of *annotation*, which holds a serializer."""
    information = information_of(peel(annotation).type)
    unique_keys = information is not None and information.unique_keys
    return Decoding(annotation, readable(annotation).type, unique_keys=unique_keys)


def serializer_decoders(decoding: Decoding) -> tuple[Decode, Decode]:
    """Decoders from JSON and MessagePack, strict as the class at the top says."""
    strict = _is_strict(decoding.hint)
    json, msgpack = decoding.decoder("json", strict=strict), decoding.decoder("msgpack", strict=strict)
    if decoding.direct:
        return json, msgpack
    return (
        _telling_all(json, decoding, msgspec.json.decode, strict),
        _telling_all(msgpack, decoding, msgspec.msgpack.decode, strict),
    )


def explainer(decoding: Decoding) -> Callable[[Any], list[Found]]:
    """What lists everything that is wrong with a body that was refused."""
    return functools.partial(decoding.explain, strict=_is_strict(decoding.hint))


def _is_strict(annotation: Any) -> bool:
    information = information_of(peel(annotation).type)
    return information is None or information.strict


def _telling_all(decode: Decode, decoding: Decoding, plain: Callable[[bytes], Any], strict: bool) -> Decode:
    def decode_body(data: bytes) -> Any:
        try:
            return decode(data)
        except Refused as error:
            # What runs over plain data refused it, before msgspec had a look.
            raise InvalidBody(decoding.explain(plain(data), strict=strict) or error.found) from error

    return decode_body


def result_validator(model: Any) -> Callable[[Any], Any]:
    """A function that returns a result as *model* allows it: objects are read, data is validated as the program's own.

    An instance of exactly the class that is asked for was validated when it was made.
    """
    decoding = decoding_for(model)
    read, decode = data_reader(model), decoding.decoder("plain", trusted=True)
    information = information_of(model)
    exact = None if information is None or holds_serializers(information) else information.class_

    def validate(result: Any) -> Any:
        if type(result) is exact:
            return result
        try:
            return decode(read(result))
        except (*FAILURES, ValidationError) as error:
            if isinstance(error, Escaped):
                raise error.error from None
            raise ResponseValidationError(f"the result does not fit {describe(model)}: {error}") from error

    return validate


def holds_serializers(information: Any) -> bool:
    """Whether there is a serializer in a field: an instance of a class derived from it may stand there."""
    return any(reachable(field.hint) for field in information.fields if field.computed is None)


def result_encoder(model: Any, validate: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    """JSON of a result, validated."""
    encode = JSON_ENCODER.encode

    def encode_result(result: Any) -> bytes:
        return encode(result if type(result) is model else validate(result))

    information = information_of(model)
    if information is not None and not holds_serializers(information):
        return encode_result
    return lambda result: encode(validate(result))


def validated(call: Call, params: tuple[ParamPlan, ...]) -> Call:
    """*call*, after the async validators of its parameters; itself where there are none.

    Raises `ConfigError` where *call* is no `async def` and could not wait for them.
    """
    asked = [param for param in params if _has_async(param.annotation)]
    if not asked:
        return call
    if not call.is_async:
        raise ConfigError(
            f"has parameter {asked[0].name!r} of type {describe(asked[0].annotation)}, whose async validators a def "
            "handler cannot await; declare it async def"
        )
    positions = [(index, param) for index, param in enumerate(_positional(params)) if param in asked]
    keywords = [param for param in asked if param.keyword]

    function = call.function

    @functools.wraps(function)
    async def validate_and_call(*args: Any, **kwargs: Any) -> Any:
        given = [(param, args[index]) for index, param in positions if index < len(args)]
        given += [(param, kwargs[param.name]) for param in keywords if param.name in kwargs]
        for param, value in given:
            await _run(param, value)
        return await function(*args, **kwargs)

    return replace(call, function=validate_and_call)


def _positional(params: Iterable[ParamPlan]) -> list[ParamPlan]:
    return [param for param in params if not param.keyword]


async def _run(param: ParamPlan, value: Any) -> None:
    try:
        await run_validators(value)
    except ValidationError as error:
        place = (param.wire_name,) if param.embedded else ()
        start = (param.source.value, *place)
        raise RequestInvalid([((*start, *loc), msg, kind, ctx) for loc, msg, kind, ctx in error.found]) from error


class RequestInvalid(ValidationError):
    """What async validators refuse; each `loc` begins with the source."""


def _has_async(annotation: Any) -> bool:
    try:
        return any(information.validators.any_async for information in reachable(annotation))
    except TypeError:
        return False


def is_serializer_model(model: Any) -> bool:
    """Whether there is a serializer in *model*."""
    return bool(reachable(model))
