"""Models whose fields are read by name: those marked `Query()`, `Header()`, `Cookie()` or `Form()`."""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any, get_origin

from bolt_serializers.hints import describe
from bolt_serializers.records import RecordField, is_record, record_fields

from bolt_core.binding.hints import peel
from bolt_core.binding.named import file_factory, plan_file, plan_named
from bolt_core.binding.parts import Parts, check_default, default_of
from bolt_core.binding.scalars import with_checks
from bolt_core.exceptions import ConfigError
from bolt_core.markers import Source
from bolt_core.plan import ModelPlan, ParamPlan

MODEL_SOURCES = (Source.QUERY, Source.HEADER, Source.COOKIE, Source.FORM)


def plan_model(parts: Parts, source: Source) -> ParamPlan:
    """Plan a parameter whose type is a record, each of its fields read by its name."""
    type_ = parts.hint.type
    marker = parts.marker
    if marker is not None and (marker.alias or marker.split or marker.constraints.given()):
        raise ConfigError(
            f"gives {marker.shown} of {parts} a name, a limit or split, which a model has only for each of its fields; "
            "set them there"
        )
    fields = tuple(_plan_field(parts, field, source) for field in _fields_of(parts))
    check_default(parts)
    config = getattr(get_origin(type_) or type_, "__struct_config__", None)
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=source,
        wire_name=parts.name,
        annotation=parts.hint.full,
        marker=marker,
        model=ModelPlan(
            fields=fields,
            build=with_checks(_builder(type_), parts.hint.checks),
            forbid_unknown=bool(config and config.forbid_unknown_fields) and source in (Source.QUERY, Source.FORM),
            ignored=(config.tag_field,) if config and config.tag_field else (),
        ),
        **default_of(parts),
    )


def _fields_of(parts: Parts) -> list[RecordField]:
    type_ = parts.hint.type
    try:
        fields = list(record_fields(type_))
    except (NameError, TypeError) as error:
        raise ConfigError(f"has {parts} of type {describe(type_)}, whose fields cannot be read ({error})") from error
    if not fields:
        raise ConfigError(
            f"reads {parts} of type {describe(type_)} field by field, but it has none; use a Struct, a dataclass or a "
            "TypedDict with fields"
        )
    return fields


def _plan_field(parts: Parts, field: RecordField, source: Source) -> ParamPlan:
    hint = peel(field.hint)
    if len(hint.markers) > 1 or (hint.markers and hint.markers[0].source not in (source, Source.FILE)):
        raise ConfigError(f"marks field {field.name!r} of {parts} for another source than its model; remove the marker")
    marker = hint.markers[0] if hint.markers else None
    inner = Parts(field.name, hint, marker, required=field.required, model=str(parts))
    is_file = marker is not None and marker.source is Source.FILE
    if is_file or file_factory(hint.type) is not None:
        if source is not Source.FORM:
            raise ConfigError(f"has {inner} that is a file; files come in forms, so mark the model with Form()")
        planned = plan_file(inner)
    else:
        if is_record(hint.type):
            raise ConfigError(
                f"has {inner} of type {describe(hint.type)}, but no model can stand inside one that is read from the "
                f"{source}; use single fields, or a JSON body"
            )
        planned = plan_named(inner, source)
    if marker is None or marker.alias is None:
        wire_name = field.wire_name.replace("_", "-") if source is Source.HEADER else field.wire_name
        planned = dataclasses.replace(planned, wire_name=wire_name)
    return planned


def _builder(type_: Any) -> Callable[[dict[str, Any]], Any]:
    class_ = get_origin(type_) or type_
    if typing.is_typeddict(class_):
        return _same

    def build(values: dict[str, Any]) -> Any:
        return class_(**values)

    return build


def _same(values: dict[str, Any]) -> dict[str, Any]:
    return values
