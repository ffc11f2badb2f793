"""JSON Schemas of classes with fields."""

import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from bolt_serializers.errors import DeclarationError
from bolt_serializers.fields import NO_DEFAULT, NO_OPTIONS, Field, FieldOptions
from bolt_serializers.hints import describe, fill, is_union, peel
from bolt_serializers.information import information_of
from bolt_serializers.records import declarations, record_fields
from bolt_serializers.schema_keywords import description_of, with_options
from bolt_serializers.schema_names import Mode, Schema, name_of

type MakeSchema = Callable[[Any], Schema]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A field of a record, of whichever kind."""

    wire_name: str
    hint: Any
    needed: bool
    """Whether data must hold it."""
    always: bool = True
    """Whether it is in all that is written."""
    taken: bool = True
    written: bool = True
    default: Any = NO_DEFAULT
    factory: Any = None
    options: FieldOptions = NO_OPTIONS


def record_schema(type_: Any, mode: Mode, make: MakeSchema) -> Schema:
    """The schema of the class *type_*; *make* gives those of its fields.

    Raises `DeclarationError` where a type in it cannot be resolved.
    """
    class_ = get_origin(type_) or type_
    try:
        members = [one for one in members_of(type_) if (one.taken if mode == "input" else one.written)]
    except NameError as error:
        raise DeclarationError(
            f"{describe(type_)}: a type in it cannot be resolved ({error}); import or define what it names"
        ) from error
    told: Schema = {"title": name_of(type_), **description_of(class_)}
    config = getattr(class_, "__struct_config__", None)
    tag = tag_of(class_)
    if (config is not None and config.array_like) or _is_named_tuple(class_):
        return told | _array(members, mode, make, tag, closed=config is None or config.forbid_unknown_fields)
    made = told | _object(members, mode, make, tag)
    if config is not None and config.forbid_unknown_fields:
        made["additionalProperties"] = False
    return made


def tag_of(class_: Any) -> tuple[str, str | int] | None:
    """The name and the value of the member that tells the Struct *class_* from the others of a union."""
    config = getattr(class_, "__struct_config__", None)
    return None if config is None or config.tag is None else (config.tag_field, config.tag)


def _object(members: list[Member], mode: Mode, make: MakeSchema, tag: tuple[str, str | int] | None) -> Schema:
    properties: Schema = {}
    required = []
    if tag is not None:
        properties[tag[0]] = {"const": tag[1]}
        required.append(tag[0])
    for member in members:
        properties[member.wire_name] = _member(member, make)
        if member.needed if mode == "input" else member.always:
            required.append(member.wire_name)
    made: Schema = {"type": "object", "properties": properties}
    return made | ({"required": required} if required else {})


def _array(
    members: list[Member], mode: Mode, make: MakeSchema, tag: tuple[str, str | int] | None, *, closed: bool
) -> Schema:
    items = [_member(member, make) for member in members]
    least = len(items)
    if mode == "input":
        # Members with a default are the last.
        least = sum(1 for member in members if member.needed)
    if tag is not None:
        items.insert(0, {"const": tag[1]})
        least += 1
    made: Schema = {"type": "array", "prefixItems": items, "minItems": least}
    return made | ({"maxItems": len(items)} if closed or mode == "output" else {})


def _member(member: Member, make: MakeSchema) -> Schema:
    made = with_options(make(member.hint), member.options, member.default, member.factory)
    if not member.taken:
        made["readOnly"] = True
    if not member.written:
        made["writeOnly"] = True
    return made


def members_of(type_: Any) -> Iterator[Member]:
    """The fields of a record, in their order."""
    class_ = get_origin(type_) or type_
    if (information := information_of(class_)) is not None:
        for field in information.ready().fields:
            yield _of_serializer(field, information)
    elif isinstance(class_, type) and issubclass(class_, msgspec.Struct):
        yield from _of_struct(type_)
    elif typing.is_typeddict(class_):
        replaced = _type_arguments(type_)
        for one in record_fields(class_):
            hint = fill(one.hint, replaced)
            yield Member(wire_name=one.wire_name, hint=hint, needed=one.required, always=one.required)
    else:
        yield from _of_other(class_, _type_arguments(type_))


def _of_serializer(field: Field, information: Any) -> Member:
    left_out = may_be_unset(field.hint) if field.computed else information.can_be_unset(field)
    return Member(
        wire_name=field.wire_name,
        hint=field.hint,
        needed=field.required,
        always=not left_out and not (_omits_defaults(information.class_) and _has_default(field)),
        taken=field.taken,
        written=field.written,
        default=field.default,
        factory=field.default_factory,
        options=field.options,
    )


def _of_struct(type_: Any) -> Iterator[Member]:
    class_ = get_origin(type_) or type_
    for info in msgspec.structs.fields(type_):
        yield Member(
            wire_name=info.encode_name,
            hint=info.type,
            needed=info.required,
            always=not may_be_unset(info.type) and not (_omits_defaults(class_) and not info.required),
            default=info.default,
            factory=None if info.default_factory is NO_DEFAULT else info.default_factory,
        )


def _omits_defaults(class_: Any) -> bool:
    return bool(class_.__struct_config__.omit_defaults)


def _has_default(field: Field) -> bool:
    return field.computed is None and (field.default is not NO_DEFAULT or field.default_factory is not None)


def _of_other(class_: Any, replaced: dict[Any, Any]) -> Iterator[Member]:
    """Of a dataclass, a class of attrs or a NamedTuple."""
    hints = get_type_hints(class_, include_extras=True)
    for one in declarations(class_) or ():
        hint = fill(hints.get(one.name, Any), replaced)
        yield Member(
            wire_name=one.name,
            hint=hint,
            needed=one.default is NO_DEFAULT and one.default_factory is None,
            always=not may_be_unset(hint),
            taken=one.taken,
            default=one.default,
            factory=one.default_factory,
        )


def _is_named_tuple(class_: Any) -> bool:
    return isinstance(class_, type) and issubclass(class_, tuple) and hasattr(class_, "_fields")


def may_be_unset(hint: Any) -> bool:
    """Whether `UNSET` is a value of *hint*: such a member is not written then."""
    inner = peel(hint).type
    return inner is msgspec.UnsetType or (is_union(inner) and msgspec.UnsetType in get_args(inner))


def _type_arguments(type_: Any) -> dict[Any, Any]:
    """What stands for type variables in *type_* and in its bases."""
    class_ = get_origin(type_) or type_
    parameters: Any = getattr(class_, "__parameters__", None) or getattr(class_, "__type_params__", ())
    replaced = dict(zip(parameters, get_args(type_), strict=False))
    for base in getattr(class_, "__orig_bases__", ()):
        if get_args(base) and get_origin(base) not in (typing.Generic, typing.Protocol, None):
            inner = _type_arguments(base)
            replaced |= {one: fill(hint, replaced) for one, hint in inner.items()}
    return replaced
