"""Validators that run before: over data that is still plain, guided by the type that it is to become."""

from collections.abc import Callable
from typing import Any, get_args, get_origin

from bolt_serializers.errors import found_of
from bolt_serializers.hints import is_union, peel
from bolt_serializers.information import Information, information_of, reachable
from bolt_serializers.invalid import Found, Loc
from bolt_serializers.records import is_record, record_fields

type Prepare = Callable[[Any, list[Found], Loc], Any]
"""The data to take instead; what is refused is added to the list, and left out."""

_ARRAYS = (list, set, frozenset)


class _Failed:
    """Stands where a validator refused the data as a whole."""


FAILED = _Failed()


def preparer(hint: Any) -> Prepare | None:
    """What runs the validators inside *hint* that run before; `None` where there are none."""
    return _prepare(hint, {}) if _needs(hint) else None


def _needs(hint: Any) -> bool:
    return any(one.mode == "before" for information in reachable(hint) for one in information.validators.every)


def _prepare(hint: Any, known: dict[Any, Prepare]) -> Prepare | None:
    type_ = peel(hint).type
    if not _needs(type_):
        return None
    if isinstance(type_, type) and type_ in known:
        return known[type_]
    if (information := information_of(type_)) is not None:
        of_class = _OfClass(information)
        known[type_] = of_class
        of_class.learn(known)
        return of_class
    origin, arguments = get_origin(type_) or type_, get_args(type_)
    if is_union(type_):
        return _of_union([(member, _prepare(member, known)) for member in arguments])
    if origin in _ARRAYS or (origin is tuple and arguments[1:] == (Ellipsis,)):
        return _of_items(_prepare(arguments[0], known))
    if origin is dict:
        return _of_values(_prepare(arguments[1], known))
    if is_record(type_):
        return _of_record({field.wire_name: _prepare(field.hint, known) for field in record_fields(type_)})
    return None


class _OfClass:
    """Runs the validators of a serializer class, then those of what its fields hold."""

    def __init__(self, information: Information) -> None:
        self.class_ = information.class_
        self.information = information
        self.models = information.validators.of_model("before")
        self.fields: list[tuple[str, Any, Prepare | None]] = []

    def learn(self, known: dict[Any, Prepare]) -> None:
        """Read the fields, which may hold the class itself."""
        for field in self.information.fields:
            validators = self.information.validators.of_field(field.name, "before")
            inner = _prepare(field.hint, known)
            if field.computed is None and (validators or inner):
                self.fields.append((field.wire_name, validators, inner))

    def __call__(self, value: Any, found: list[Found], loc: Loc) -> Any:
        if isinstance(value, self.class_):
            return value
        for validator in self.models:
            value = _call(validator.function, self.class_, value, found, loc)
            if value is FAILED:
                return FAILED
        if not isinstance(value, dict):
            return value
        value = dict(value)
        for name, validators, inner in self.fields:
            if name not in value:
                continue
            member = value[name]
            for validator in validators:
                if member is not FAILED:
                    member = _call(validator.function, self.class_, member, found, (*loc, name))
            if inner is not None and member is not FAILED:
                member = inner(member, found, (*loc, name))
            value[name] = member
            if member is FAILED:
                del value[name]
        return value


def _call(function: Any, class_: type, value: Any, found: list[Found], loc: Loc) -> Any:
    try:
        return function(class_, value)
    except Exception as error:
        told = found_of(error)
        if told is None:
            raise
        found += [((*loc, *where), msg, kind, ctx) for where, msg, kind, ctx in told]
        return FAILED


def _of_items(inner: Prepare | None) -> Prepare:
    def prepare(value: Any, found: list[Found], loc: Loc) -> Any:
        if inner is None or not isinstance(value, list | tuple | set | frozenset):
            return value
        made = [inner(item, found, (*loc, index)) for index, item in enumerate(value)]
        return [item for item in made if item is not FAILED]

    return prepare


def _of_values(inner: Prepare | None) -> Prepare:
    def prepare(value: Any, found: list[Found], loc: Loc) -> Any:
        if inner is None or not isinstance(value, dict):
            return value
        made = {key: inner(member, found, (*loc, str(key))) for key, member in value.items()}
        return {key: member for key, member in made.items() if member is not FAILED}

    return prepare


def _of_record(members: dict[str, Prepare | None]) -> Prepare:
    inside = {name: inner for name, inner in members.items() if inner is not None}

    def prepare(value: Any, found: list[Found], loc: Loc) -> Any:
        if not isinstance(value, dict):
            return value
        made = dict(value)
        for name, inner in inside.items():
            if name in made:
                made[name] = inner(made[name], found, (*loc, name))
                if made[name] is FAILED:
                    del made[name]
        return made

    return prepare


def _of_union(members: list[tuple[Any, Prepare | None]]) -> Prepare:
    """By tag where there is one, else the only member that has validators for data of its kind."""
    by_tag: dict[Any, Prepare] = {}
    tag_field, others = None, []
    for member, inner in members:
        config = getattr(get_origin(member) or member, "__struct_config__", None)
        if inner is None:
            continue
        if config is not None and config.tag_field is not None:
            tag_field = config.tag_field
            by_tag[config.tag] = inner
        else:
            others.append(inner)

    def prepare(value: Any, found: list[Found], loc: Loc) -> Any:
        if tag_field is not None and isinstance(value, dict):
            tag = value.get(tag_field)
            inner = by_tag.get(tag) if isinstance(tag, str | int) else None
            return value if inner is None else inner(value, found, loc)
        for inner in others:
            value = inner(value, found, loc)
        return value

    return prepare
