"""What Python's own values may hold and no format can express: halves of surrogate pairs, NaN, themselves."""

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from bolt_serializers.errors import Refused
from bolt_serializers.invalid import MOST, Found, Loc

_probe = msgspec.json.Encoder(enc_hook=lambda value: None).encode
_DEEPEST = 200


def check_plain_data(data: Any) -> None:
    """Raise `Refused` for what *data* holds that JSON cannot express; one run of an encoder in C if nothing."""
    try:
        encoded = _probe(data)
    except RecursionError:
        raise Refused([((), "The data is nested too deeply, or holds itself", "too_deep", None)]) from None
    except (UnicodeEncodeError, TypeError, ValueError):
        # TypeError is that of keys, of which the decoder says more.
        encoded = b"null"
    # Without a null there is no NaN either.
    if b"null" in encoded and (found := list(islice(_found(data, ()), MOST))):
        raise Refused(found)


def _found(value: Any, loc: Loc) -> Iterator[Found]:
    if isinstance(value, str):
        if not _is_text(value):
            yield loc, "The text holds half of a surrogate pair, which is no character", "string_unicode", None
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield loc, "Expected a finite number", "finite_number", None
    elif isinstance(value, dict):
        for key, member in value.items() if len(loc) < _DEEPEST else ():
            shown = key.encode(errors="replace").decode() if isinstance(key, str) else str(key)
            if isinstance(key, str) and not _is_text(key):
                yield (
                    (*loc, shown),
                    "The name holds half of a surrogate pair, which is no character",
                    "string_unicode",
                    None,
                )
            yield from _found(member, (*loc, shown))
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value) if len(loc) < _DEEPEST else ():
            yield from _found(member, (*loc, index))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
