"""What becomes of a handler's return value, compiled from `response_model=` or the return annotation."""

import collections.abc
import types
from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin

import msgspec
from bolt_serializers.checks import Finder, readable
from bolt_serializers.hints import describe, is_union, union_of
from bolt_serializers.shapes import contains, custom_type, parts, type_info
from msgspec import inspect as spec

from bolt_core.binding.hints import peel
from bolt_core.binding.serializers import (
    ResponseValidationError,
    is_serializer_model,
    result_encoder,
    result_validator,
)
from bolt_core.encoding import JSON_ENCODER, MSGPACK_ENCODER
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.plan import ItemsKind, ItemsPlan, ResultPlan
from bolt_core.reading import read_deep
from bolt_core.responses import Response
from bolt_core.sse import ServerSentEvent

_ANYTHING = (Any, object, UNSET)
_ITERABLES = (
    collections.abc.AsyncGenerator,
    collections.abc.AsyncIterable,
    collections.abc.AsyncIterator,
    collections.abc.Generator,
    collections.abc.Iterable,
    collections.abc.Iterator,
)
_RECORDS = (spec.StructType, spec.DataclassType, spec.NamedTupleType)
_NAMED = (*_RECORDS, spec.TypedDictType)
_BYTES = (bytes, bytearray, memoryview)


def compile_result(returns: Any, response_model: Any = UNSET) -> ResultPlan:
    """Plan for results of a handler annotated to return *returns*; an explicit *response_model* wins.

    Raises `ConfigError` where *response_model* is no type that JSON can express. A return annotation of that kind
    (a response class, an ORM model) is no model and validates nothing.
    """
    peeled = peel(returns).type
    origin = get_origin(peeled) or peeled
    model = _explicit(response_model) if response_model is not UNSET else _from_annotation(returns)
    plain = JSON_ENCODER.encode
    validate = None if model is UNSET else _validator(model)
    items = _items(returns if response_model is UNSET else response_model)
    return ResultPlan(
        model=model,
        encode=plain if validate is None else _encode_valid(model, validate),
        encode_plain=plain,
        validate=validate,
        explicit=response_model is not UNSET and model is not UNSET,
        none_is_empty=returns in (None, types.NoneType) and response_model is UNSET,
        tuple_is_body=isinstance(origin, type) and issubclass(origin, tuple),
        is_data=items is None and not _answers_itself(origin),
        fields=frozenset() if model is UNSET else _field_names(model),
        items=items,
    )


def _answers_itself(origin: Any) -> bool:
    """Whether the annotation names nothing that is written as data."""
    return isinstance(origin, type) and issubclass(origin, (str, *_BYTES, Response))


def _items(annotation: Any) -> ItemsPlan | None:
    """What the items of a generator annotated so become; `None` where the annotation says nothing of them."""
    stream = peel(annotation).type
    if get_origin(stream) not in _ITERABLES:
        return None
    item = get_args(stream)[0]
    if item in _ANYTHING:
        return None
    peeled = peel(item).type
    kinds = get_args(peeled) if is_union(peeled) else (get_origin(peeled) or peeled,)
    kind: ItemsKind = "lines"
    if ServerSentEvent in kinds:
        kind = "events"
    elif all(isinstance(one, type) and issubclass(one, (str, *_BYTES)) for one in kinds):
        kind = "text" if str in kinds else "bytes"
    if kind != "lines" or not _is_model(item):
        return ItemsPlan(kind=kind, encode=JSON_ENCODER.encode)
    validate = _validator(item)
    return ItemsPlan(kind=kind, encode=_encode_valid(item, validate), validate=validate)


def _field_names(model: Any) -> frozenset[str]:
    """The names of all fields of all records in *model*, unions that msgspec cannot tell apart among them."""
    try:
        nodes = parts(type_info(model))
    except TypeError:
        return frozenset().union(*(_field_names(member) for member in get_args(model)))
    return frozenset(field.name for node in nodes if isinstance(node, _NAMED) for field in node.fields)


def _explicit(model: Any) -> Any:
    if model is None or model in _ANYTHING or get_origin(model) in _ITERABLES:
        return _array_of(model)
    try:
        unknown = custom_type(model)
    except TypeError as error:
        raise ConfigError(f"has a response_model that msgspec cannot handle: {error}") from error
    if unknown is not None:
        raise ConfigError(
            f"has response_model {describe(model)}, which holds the type {unknown} that cannot be validated; "
            "use a Struct, a dataclass, a TypedDict or builtin types"
        )
    return model


def _from_annotation(returns: Any) -> Any:
    if returns in _ANYTHING:
        return UNSET
    if returns is None:
        return types.NoneType
    hint = peel(returns)
    if get_origin(hint.type) in _ITERABLES:
        return _array_of(hint.type)
    if not is_union(hint.type):
        return returns if _is_model(hint.type) else UNSET
    members = [member for member in get_args(hint.type) if _is_model(member)]
    if not members:
        return UNSET
    # Response classes in a union answer for themselves; the model is what is left.
    return union_of([*members, None] if hint.optional else members)


def _array_of(iterable: Any) -> Any:
    """`Iterable[Item]` is also the annotation of a handler that returns a list."""
    if get_origin(iterable) is not collections.abc.Iterable or not _is_model(item := get_args(iterable)[0]):
        return UNSET
    return list[item]  # type: ignore[valid-type]


def _is_model(type_: Any) -> bool:
    """Whether results can be validated against *type_*."""
    origin = get_origin(type_) or type_
    if type_ in _ANYTHING or origin in _ITERABLES or (isinstance(origin, type) and issubclass(origin, Response)):
        return False
    try:
        node = type_info(type_)
    except TypeError:
        return is_union(type_)
    if isinstance(node, spec.CollectionType):
        node = node.item_type
    return not isinstance(node, spec.CustomType)


def _validator(model: Any) -> Callable[[Any], Any]:
    """A function that returns a result as *model* allows it, or raises `ResponseValidationError`."""
    if is_serializer_model(model):
        return result_validator(model)
    try:
        node = type_info(model)
    except TypeError:
        return _union_validator(get_args(model))
    # msgspec takes an instance of a model's own class as it is, unchecked, and with it any subclass's extra fields in
    # members; only writing and reading it again checks and filters everything.
    rebuild = contains(node, *_RECORDS) and not contains(node, spec.CustomType)
    again, fields = _written_and_read(model), _field_names(model)
    taken = readable(model)
    limited = _limited(taken.find)

    def validate(result: Any) -> Any:
        try:
            result = read_deep(result, fields)
            value = msgspec.convert(result, taken.type, from_attributes=True)
            return again(value) if rebuild else limited(value)
        except msgspec.ValidationError as error:
            mismatch = error
        try:
            # A subclass of a type that JSON can express (a frozen test clock's datetime) is foreign only to `convert`.
            return again(result)
        except (msgspec.DecodeError, TypeError):
            raise ResponseValidationError(f"the result does not fit {describe(model)}: {mismatch}") from mismatch

    return validate


def _written_and_read(model: Any) -> Callable[[Any], Any]:
    """What is left of a value of *model* when it has been written and read again."""
    taken = readable(model)
    decode, encode = msgspec.json.Decoder(taken.type).decode, JSON_ENCODER.encode
    decode_msgpack = msgspec.msgpack.Decoder(taken.type).decode
    limited = _limited(taken.find)

    def again(value: Any) -> Any:
        encoded = encode(value)
        try:
            return limited(decode(encoded))
        except msgspec.ValidationError:
            if b"null" not in encoded:
                raise
            # Perhaps a NaN, which JSON has no number for and msgpack does.
            return limited(decode_msgpack(MSGPACK_ENCODER.encode(value)))

    return again


def _limited(find: Finder | None) -> Callable[[Any], Any]:
    """A function that returns its argument unless a decimal in it breaks its limit."""
    if find is None:
        return _same

    def check(value: Any) -> Any:
        for loc, message, _, _ in find(value, ("$",)):
            raise msgspec.ValidationError(f"{message} - at `{'.'.join(map(str, loc))}`")
        return value

    return check


def _same(value: Any) -> Any:
    return value


def _union_validator(members: Sequence[Any]) -> Callable[[Any], Any]:
    """For a union that msgspec cannot tell apart (untagged Structs): the result's own class, or the first that fits."""
    validators = [(member, _validator(member)) for member in members]

    def validate(result: Any) -> Any:
        ordered = sorted(validators, key=lambda pair: type(result) is not pair[0])
        for _, validator in ordered[:-1]:
            try:
                return validator(result)
            except ResponseValidationError:
                continue
        return ordered[-1][1](result)

    return validate


def _encode_valid(model: Any, validate: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    """JSON of a valid result. The usual results, already of the model's own type, take a shorter way."""
    if is_serializer_model(model):
        return result_encoder(model, validate)
    encode = JSON_ENCODER.encode

    def encode_valid(result: Any) -> bytes:
        return encode(validate(result))

    origin, values = get_origin(model) or model, get_args(model)[-1:]
    if origin in (dict, list) and (not values or values[0] in _ANYTHING):

        def encode_builtin(result: Any) -> bytes:
            # Such a model says nothing about what is inside.
            return encode(result) if type(result) is origin else encode_valid(result)

        return encode_builtin
    simple = isinstance(model, type) and issubclass(model, msgspec.Struct) and readable(model).find is None
    if simple and custom_type(model) is None:
        decode = msgspec.json.Decoder(model).decode

        def encode_struct(result: Any) -> bytes:
            # An instance of the model has nothing to convert; the rest is as in `_validator`.
            try:
                return encode(decode(encode(result))) if type(result) is model else encode_valid(result)
            except msgspec.ValidationError:
                return encode_valid(result)

        return encode_struct
    return encode_valid
