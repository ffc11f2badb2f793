"""A second look at a field of a serializer whose value is of its type: what it breaks beside that.

The code that finishes an instance stops at the first fault; where a client is to read all of them, each field is asked
by itself.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from bolt_serializers.errors import Refused, refusal
from bolt_serializers.invalid import Found
from bolt_serializers.messages import parse_message

if TYPE_CHECKING:
    from bolt_serializers.fields import Field
    from bolt_serializers.information import Information

type Again = Callable[[Any, bool], list[Found]]


def again_of(information: "Information | None") -> dict[str, Again]:
    """What looks at each field again, by its name; nothing for a class that is no serializer."""
    if information is None:
        return {}
    information.ready()
    return {field.name: partial(_look_again, information, field) for field in information.fields if field.taken}


def _look_again(information: "Information", field: "Field", value: Any, strict: bool) -> list[Found]:
    shown = information.shown[field.name]
    try:
        value = msgspec.convert(value, shown.type, strict=strict, str_keys=True)
    except msgspec.ValidationError as error:
        return [((field.wire_name, *where), msg, kind, ctx) for where, msg, kind, ctx in found_by(error)]
    if value is field.default:
        return []
    try:
        if shown.late is not None:
            value = shown.late(value)
        if shown.find is not None and (found := list(shown.find(value, (field.wire_name,)))):
            return found
        for validator in information.validators.of_field(field.name, "after"):
            value = validator.function(information.class_, value)
    except Exception as error:
        refused = refusal(error, (field.wire_name,))
        if isinstance(refused, Refused):
            return refused.found
        raise refused from error
    return []


def found_by(error: BaseException) -> list[Found]:
    """What an exception of a decoder says by itself: where msgspec stood, and what was refused there."""
    if isinstance(error, Refused):
        return error.found
    path, msg, kind, ctx = parse_message(str(error))
    cause = error.__cause__
    if isinstance(cause, Refused):
        return [((*path, *loc), msg, kind, ctx) for loc, msg, kind, ctx in cause.found]
    return [(path, msg, kind, ctx)]
