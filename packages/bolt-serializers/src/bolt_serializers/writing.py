"""From instances to dicts: `to_dict` for the program, `dump` for others."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec

from bolt_serializers.encoding import JSON_ENCODER, encode_unknown, is_foreign
from bolt_serializers.fields import NO_DEFAULT, Field
from bolt_serializers.hints import is_union, peel
from bolt_serializers.information import Information, information_of, struct_defaults
from bolt_serializers.records import declarations

type ToDict = Callable[[Any], dict[str, Any]]

UNSET = msgspec.UNSET
_IMMUTABLE = frozenset(
    {int, str, float, bool, bytes, NoneType, dt.datetime, dt.date, dt.time, dt.timedelta, UUID, Decimal}
)


@dataclass(frozen=True, slots=True)
class DumpOptions:
    """What `dump` leaves out, and how it names what it does not."""

    exclude_unset: bool = False
    exclude_none: bool = False
    exclude_defaults: bool = False
    by_alias: bool = False


def write_to_dict(information: Information, guard: Callable[[Any], Any] | None = None) -> ToDict:
    """`to_dict` of a class: source code, as a loop over fields would cost more than reading them.

    With *guard*, instances of derived classes are left to it.
    """
    namespace: dict[str, Any] = {
        "UNSET": UNSET,
        "plain": plain,
        "cls": information.class_,
        "guard": guard,
        "too_deep": too_deep,
    }
    always = [field for field in information.fields if field.computed is None and not information.can_be_unset(field)]
    others = [field for field in information.fields if field.computed is None and information.can_be_unset(field)]
    lines = ["def to_dict(self):"]
    if guard is not None:
        lines.append("    if type(self) is not cls: return guard(self)")
    shown = ", ".join(f"{field.name!r}: {_read(field, f'self.{field.name}', namespace)}" for field in always)
    if not others:
        lines.append(f"    return {{{shown}}}")
    else:
        lines.append(f"    made = {{{shown}}}")
    for field in others:
        lines += [
            f"    v = self.{field.name}",
            "    if v is not UNSET:",
            f"        made[{field.name!r}] = {_read(field, 'v', namespace)}",
        ]
    if others and always:
        # In the order of the class.
        namespace["names"] = tuple(field.name for field in information.fields)
        lines.append("    return {name: made[name] for name in names if name in made}")
    elif others:
        lines.append("    return made")
    if guard is not None:
        lines = [lines[0], "    try:", *(f"    {line}" for line in lines[1:]), "    except RecursionError:"]
        lines.append("        raise too_deep(self) from None")
    exec(compile("\n".join(lines), f"<to_dict of {information.class_.__qualname__}>", "exec"), namespace)
    function: ToDict = namespace["to_dict"]
    return function


def _read(field: Field, value: str, namespace: dict[str, Any]) -> str:
    """The expression for *value*, with dicts in place of records, and lists and dicts made anew."""
    type_ = field.hint
    if _is_immutable(type_):
        return value
    if information_of(type_) is not None:
        namespace[f"class_{field.name}"] = type_
        return f"(r.{_method(type_)}() if type(r := {value}) is class_{field.name} else plain(r))"
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is list and _is_immutable(arguments[0]):
        return f"[*{value}]"
    if origin is list and information_of(arguments[0]) is not None:
        namespace[f"class_{field.name}"] = arguments[0]
        return f"[i.{_method(arguments[0])}() if type(i) is class_{field.name} else plain(i) for i in {value}]"
    return f"plain({value})"


def _method(class_: Any) -> str:
    """What is called for instances of exactly *class_*: its author's `to_dict`, where there is one."""
    return "__to_dict__" if getattr(class_.to_dict, "__bolt__", False) else "to_dict"


def _is_immutable(hint: Any) -> bool:
    """Whether no value of *hint* holds anything that could be changed, or a record."""
    type_ = peel(hint).type
    if is_union(type_):
        return all(_is_immutable(member) for member in get_args(type_))
    return isinstance(type_, type) and (type_ in _IMMUTABLE or issubclass(type_, enum.Enum))


def plain(value: Any) -> Any:
    """*value* with dicts in place of records, lists and dicts made anew."""
    kind = type(value)
    if kind is list:
        return [plain(item) for item in value]
    if kind is dict:
        return {key: plain(item) for key, item in value.items()}
    if kind in (tuple, set, frozenset):
        made = [plain(item) for item in value]
        return kind(made) if all(map(_is_hashable, made)) else made
    if isinstance(value, tuple) and hasattr(kind, "_make"):
        return kind._make(map(plain, value))
    if isinstance(value, msgspec.Struct):
        if information_of(kind) is not None:
            return value.to_dict()  # type: ignore[attr-defined]
        given = [name for name in value.__struct_fields__ if getattr(value, name) is not UNSET]
        return {name: plain(getattr(value, name)) for name in given}
    if (own := declarations(kind)) is not None:
        return {one.name: plain(getattr(value, one.name)) for one in own}
    return value.model_dump() if is_foreign(kind) else value


def _is_hashable(value: Any) -> bool:
    return not isinstance(value, dict | list | set)


def dump(value: Any, options: DumpOptions) -> Any:
    """The representation of *value*: what `to_json` writes, as Python's own values."""
    information = information_of(type(value))
    if information is not None:
        return _dump_instance(information, value, options)
    kind = type(value)
    if kind in (list, set, frozenset) or isinstance(value, tuple):
        return [dump(item, options) for item in value]
    if kind is dict:
        return {key: dump(item, options) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        return _dump_struct(value, options)
    if (own := declarations(kind)) is not None:
        return _dump_members(((one.name, getattr(value, one.name), one) for one in own), options)
    return value.model_dump(**dataclasses.asdict(options)) if is_foreign(kind) else value


def _dump_instance(information: Information, value: Any, options: DumpOptions) -> dict[str, Any]:
    given = value.fields_set if options.exclude_unset else None
    members = (
        (field.wire_name if options.by_alias else field.name, getattr(value, field.name), field)
        for field in information.ready().fields
        if field.written and (given is None or field.computed is not None or field.name in given)
    )
    return _tag(value) | _dump_members(members, options, omits=_omits_defaults(value))


def _dump_struct(value: Any, options: DumpOptions) -> Any:
    if value.__struct_config__.array_like:
        return [*_tag(value).values(), *(dump(getattr(value, name), options) for name in value.__struct_fields__)]
    names = value.__struct_encode_fields__ if options.by_alias else value.__struct_fields__
    members = (
        (name, getattr(value, one.name), one) for name, one in zip(names, struct_defaults(type(value)), strict=True)
    )
    return _tag(value) | _dump_members(members, options, omits=_omits_defaults(value))


def _tag(value: Any) -> dict[str, Any]:
    """The member that tells a Struct from the others of a union."""
    config = value.__struct_config__
    return {} if config.tag is None else {config.tag_field: config.tag}


def _omits_defaults(value: Any) -> bool:
    return bool(value.__struct_config__.omit_defaults)


def _dump_members(
    members: Iterable[tuple[str, Any, Any]], options: DumpOptions, *, omits: bool = False
) -> dict[str, Any]:
    """Of *members*, each a name, a value and what knows the default, those that are written."""
    return {
        name: dump(value, options)
        for name, value, known in members
        if not (
            value is UNSET
            or (value is None and options.exclude_none)
            or ((options.exclude_defaults or omits) and is_default(known, value))
        )
    }


def is_default(field: Any, value: Any) -> bool:
    """Whether *value* is what *field*, of whichever kind of record, has without any."""
    if field.default_factory not in (None, NO_DEFAULT):
        return bool(value == field.default_factory())
    return field.default is not NO_DEFAULT and type(value) is type(field.default) and bool(value == field.default)


def to_json(value: Any, options: DumpOptions | None) -> bytes:
    """JSON of *value*. Raises `ValueError` for what is nested too deeply or holds itself."""
    try:
        return JSON_ENCODER.encode(value if options is None else dump(value, options))
    except RecursionError:
        raise too_deep(value) from None


def too_deep(value: Any) -> ValueError:
    """What is raised for an instance whose writing does not end."""
    return ValueError(f"{type(value).__qualname__} is nested too deeply to be written, or holds itself")


def as_json_values(value: Any) -> Any:
    """*value*, of dicts and lists, with the values that JSON has: text in place of dates, decimals and the like."""
    return msgspec.to_builtins(value, enc_hook=encode_unknown, str_keys=True)
