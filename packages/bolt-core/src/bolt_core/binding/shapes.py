"""Which types are bodies."""

import collections.abc
from typing import Any, get_args, get_origin

from bolt_serializers.hints import is_union, peel
from bolt_serializers.records import is_record

_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_SEQUENCES = (list, set, frozenset, tuple, collections.abc.Sequence, collections.abc.Collection)


def is_body(annotation: Any) -> bool:
    """Whether an unmarked parameter of this type is the request's body."""
    type_ = peel(annotation).type
    if is_record(type_):
        return True
    if is_union(type_):
        return any(is_body(member) for member in get_args(type_))
    origin = get_origin(type_) or type_
    if origin in _MAPPINGS:
        return True
    if origin in _SEQUENCES:
        return any(is_body(argument) for argument in get_args(type_) if argument is not Ellipsis)
    return False
