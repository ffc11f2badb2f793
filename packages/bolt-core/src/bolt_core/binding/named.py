"""Parameters that are read by a name: from the path, the query, header fields, cookies and forms."""

from collections.abc import Callable
from typing import Any, get_args, get_origin

from bolt_serializers.errors import DeclarationError
from bolt_serializers.hints import describe

from bolt_core.binding.hints import peel
from bolt_core.binding.parts import EMPTY, Parts, Place, check_default, check_limits, default_of
from bolt_core.binding.scalars import KINDS, checked, list_reader, sequence_reader, type_reader, with_checks
from bolt_core.exceptions import ConfigError
from bolt_core.headers import TOKEN
from bolt_core.markers import UNSET, Source
from bolt_core.plan import ParamPlan
from bolt_core.uploads import upload_factory


def plan_path(parts: Parts, place: Place) -> ParamPlan:
    """Plan a value of the path."""
    wire_name = wire_name_of(parts, Source.PATH)
    if wire_name not in place.path_names:
        raise ConfigError(f"reads {parts} from the path, which has no '{{{wire_name}}}'; add it to the path")
    if parts.default is not UNSET:
        raise ConfigError(f"gives path {parts} a default, which is never used; remove it")
    if parts.hint.type is EMPTY:
        return ParamPlan(name=parts.name, keyword=parts.keyword, source=Source.PATH, wire_name=wire_name, kind="str")
    return plan_named(parts, Source.PATH)


def plan_named(parts: Parts, source: Source) -> ParamPlan:
    """Plan a scalar, or a list of them, of any source but the body."""
    type_ = parts.hint.type
    split = parts.marker.split if parts.marker else None
    try:
        listed = list_reader(parts.hint)
        read_one = None if listed is not None else type_reader(type_)
    except DeclarationError as error:
        raise ConfigError(f"has {parts} that {error}") from error
    if split is not None and listed is None:
        raise ConfigError(f"splits {parts} of type {describe(type_)}, which is no list; remove split")
    if source is Source.PATH and listed is not None and split is None:
        raise ConfigError(
            f"reads {parts} from the path, where one name has one value; write Path(split=',') to read several from it"
        )
    read: Callable[[Any], Any] | None
    if listed is not None:
        kind, read = listed
    else:
        kind, read = KINDS.get(type_, "other"), _checked_reader(parts, source, read_one)
    check_limits(parts)
    check_default(parts)
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=source,
        wire_name=wire_name_of(parts, source),
        kind=kind,
        many=listed is not None,
        split=split,
        convert=checked(read, parts.constraints, parts.hint.checks),
        annotation=parts.hint.full,
        marker=parts.marker,
        constraints=parts.constraints,
        **default_of(parts),
    )


def _checked_reader(parts: Parts, source: Source, reader: Callable[[str], Any] | None) -> Callable[[str], Any] | None:
    """What reads the text of a scalar; `None` where the engine does. Raises `ConfigError` where nothing does."""
    type_ = parts.hint.type
    if type_ in (EMPTY, Any, object):
        marker = parts.marker.shown if parts.marker else source
        raise ConfigError(f"marks {parts} with {marker} but gives no type; annotate it")
    if reader is None:
        lists = "" if source is Source.PATH else " or a list of one"
        body = ", or mark it with Body()" if source is Source.QUERY and parts.model is None else ""
        raise ConfigError(
            f"reads {parts} from the {source}, where a value of type {describe(type_)} cannot stand; "
            f"use a scalar type{lists}{body}"
        )
    return None if type_ in KINDS else reader


def wire_name_of(parts: Parts, source: Source) -> str:
    """The name that the client uses."""
    alias = parts.marker.alias if parts.marker else None
    name = alias or (parts.name.replace("_", "-") if source is Source.HEADER else parts.name)
    if source in (Source.HEADER, Source.COOKIE) and TOKEN.fullmatch(name) is None:
        raise ConfigError(
            f"reads {parts} from the {source} {name!r}, which is no name that a client can send (RFC 9110 §5.6.2); "
            "use letters, digits and hyphens"
        )
    return name


def file_factory(annotation: Any) -> tuple[Callable[[Any], Any], bool] | None:
    """What makes a parameter of this annotation from an uploaded file, and whether it takes several.

    `None` for an annotation that is no class of files and no list of one.
    """
    type_ = peel(annotation).type
    if (factory := upload_factory(type_)) is not None:
        return factory, False
    if get_origin(type_) is not list:
        return None
    item = peel(get_args(type_)[0])
    if (factory := upload_factory(item.type)) is None:
        return None
    return sequence_reader(with_checks(factory, item.checks), None), True


def plan_file(parts: Parts) -> ParamPlan:
    """Plan an uploaded file, or a list of them."""
    made = (lambda part: part.read(), False) if parts.hint.type is bytes else file_factory(parts.hint.type)
    if made is None:
        shown = "no type" if parts.hint.type is EMPTY else f"the type {describe(parts.hint.type)}"
        raise ConfigError(f"marks {parts} with File() but gives it {shown}; annotate it UploadFile or list[UploadFile]")
    make, many = made
    marker, limits = parts.marker, parts.constraints
    if set(limits.given()) - ({"min_length", "max_length"} if many else set()):
        raise ConfigError(
            f"limits {parts} by {', '.join(limits.given())}, which no file has; use max_size or max_files"
        )
    if marker is not None and marker.max_files is not None and not many:
        raise ConfigError(f"limits {parts} by max_files, though it is one file; annotate it list[UploadFile]")
    if parts.default not in (UNSET, None) and not (many and not parts.default):
        raise ConfigError(f"gives {parts} the default {parts.default!r}, which is no file; use None")
    if parts.default is None and not parts.hint.optional:
        raise ConfigError(f"gives {parts} the default None; annotate it UploadFile | None")
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=Source.FILE,
        wire_name=wire_name_of(parts, Source.FILE),
        many=many,
        convert=checked(make, limits, parts.hint.checks),
        annotation=parts.hint.full,
        marker=marker,
        constraints=limits,
        **default_of(parts),
    )
