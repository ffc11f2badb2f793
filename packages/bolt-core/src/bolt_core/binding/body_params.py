"""Parameters that are the request's body, the whole of it or a member."""

import codecs
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from bolt_serializers.checks import readable
from bolt_serializers.invalid import Found, InvalidValue
from bolt_serializers.limits import Constraints, compile_check
from bolt_serializers.problems import find_problems, take_apart

from bolt_core.binding.bodies import body_reader
from bolt_core.binding.hints import Hint, merge_limits, peel
from bolt_core.binding.parts import EMPTY, Parts, check_default, check_limits, default_of
from bolt_core.binding.scalars import checked
from bolt_core.binding.serializers import explainer
from bolt_core.exceptions import ConfigError
from bolt_core.markers import Source
from bolt_core.plan import BodyPlan, ParamPlan

# Python's codecs that are no charset of text, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})


def plan_body(parts: Parts) -> ParamPlan:
    """Plan a body parameter; `finish_bodies` decides whether it is the whole body."""
    if parts.hint.type is EMPTY:
        raise ConfigError(f"marks {parts} with Body() but gives no type; annotate it")
    limits = parts.marker.constraints if parts.marker else Constraints()
    check_limits(replace(parts, hint=replace(parts.hint, limits={})))
    check_default(parts)
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=Source.BODY,
        wire_name=(parts.marker.alias if parts.marker else None) or parts.name,
        annotation=parts.hint.full,
        marker=parts.marker,
        constraints=limits,
        **default_of(parts),
    )


def finish_bodies(params: tuple[ParamPlan, ...]) -> tuple[tuple[ParamPlan, ...], BodyPlan | None]:
    """*params* with what decodes their bodies; and what decodes the one body that several of them share."""
    bodies = [param for param in params if param.source is Source.BODY]
    marked = any(param.marker is not None and param.marker.embed for param in bodies)
    if len(bodies) > 1 or marked:
        finished = {param.name: _member(param) for param in bodies}
        shared = _decoders(_object_of(bodies), ", ".join(param.name for param in bodies))
        embedded: BodyPlan | None = replace(shared, explain=_explain_members(shared, tuple(finished.values())))
    else:
        finished = {param.name: _whole(param) for param in bodies}
        embedded = None
    return tuple(finished.get(param.name, param) for param in params), embedded


def _member(param: ParamPlan) -> ParamPlan:
    return replace(param, embedded=True, convert=compile_check(param.constraints))


def _explain_members(shared: BodyPlan, members: tuple[ParamPlan, ...]) -> Callable[[Any], Iterable[Found]]:
    """What is wrong with the object, and with members that are of their type but break a limit of their own."""

    types = {member.name: readable(member.annotation).type for member in members}

    def explain(value: Any) -> Iterable[Found]:
        yield from shared.explain(value)
        for member in members if isinstance(value, dict) else ():
            if member.convert is None or member.wire_name not in value:
                continue
            try:
                member.convert(msgspec.convert(value[member.wire_name], types[member.name], str_keys=True))
            except msgspec.ValidationError:
                # Not of its type: told already.
                continue
            except InvalidValue as error:
                yield (member.wire_name,), str(error), error.type, error.ctx

    return explain


def _object_of(bodies: Iterable[ParamPlan]) -> type:
    """A Struct with a member for each body; one that is not required stays `UNSET` where the client leaves it out."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        (param.name, param.annotation)
        if param.required
        else (param.name, param.annotation | msgspec.UnsetType, msgspec.UNSET)
        for param in bodies
    ]
    renamed = {param.name: param.wire_name for param in bodies}
    return msgspec.defstruct("Body", fields, kw_only=True, rename=renamed)


def _whole(param: ParamPlan) -> ParamPlan:
    if param.wire_name != param.name:
        raise ConfigError(
            f"names its body {param.wire_name!r}, but a body has no name unless it is a member of an object; "
            "write Body(embed=True) to read it from one"
        )
    hint = peel(param.annotation)
    if hint.type in (bytes, str):
        limits = merge_limits(hint, param.marker)
        return replace(param, raw=True, constraints=limits, convert=_raw_reader(hint, limits))
    return replace(param, body=_decoders(param.annotation, param.name, compile_check(param.constraints)))


def _decoders(annotation: Any, name: str, check: Callable[[Any], Any] | None = None) -> BodyPlan:
    try:
        reader = body_reader(annotation, check)
    except TypeError as error:
        raise ConfigError(
            f"has body parameter {name!r} of a type that no body can be decoded into ({error}); use a Struct, a "
            "dataclass, a TypedDict or builtin types"
        ) from error
    decoding = reader.decoding
    explain = partial(find_problems, take_apart(annotation)) if decoding is None else explainer(decoding)
    return BodyPlan(decode=reader.from_json, decode_msgpack=reader.from_msgpack, explain=explain)


def _raw_reader(hint: Hint, limits: Constraints) -> Callable[[bytes, str | None], Any] | None:
    """What makes the value of a body as it came; `None` where its bytes are the value."""
    check = checked(None, limits, hint.checks)
    if hint.type is str:

        def read_text(data: bytes, content_type: str | None) -> Any:
            text = decode_text(data, content_type)
            return text if check is None else check(text)

        return read_text
    if check is None:
        return None

    def read_bytes(data: bytes, content_type: str | None) -> Any:
        return check(data)

    return read_bytes


def decode_text(data: bytes, content_type: str | None) -> str:
    """*data* by the charset that its Content-Type names, UTF-8 where it names none.

    Raises `InvalidValue` where it is no such text, `UnknownCharset` where no such charset is known.
    """
    name = _charset(content_type or "")
    try:
        codec = codecs.lookup(name)
        known = codec.name not in _NO_CHARSETS and getattr(codec, "_is_text_encoding", True)
    except (LookupError, ValueError):
        known = False
    if not known:
        raise UnknownCharset(name)
    try:
        return data.decode(name)
    except UnicodeError:
        raise InvalidValue(f"Expected text in {codec.name}", "string_unicode") from None


class UnknownCharset(ValueError):
    """A body's charset is none that text can be decoded from."""


def _charset(content_type: str) -> str:
    """The `charset` parameter of a media type (RFC 9110 §8.3.2)."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"') or "utf-8"
    return "utf-8"
