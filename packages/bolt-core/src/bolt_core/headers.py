"""Header fields of replies: a mapping to set them by, and the check before they leave."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from bolt_core.types import Headers

type HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]
"""Header fields; pairs where a name must repeat."""

# RFC 9110 §5.6.2: what names of fields, cookies and methods consist of.
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: no control character but the tab; CR, LF and NUL would let content pass for fields. A character is an
# octet, so none is beyond ISO 8859-1.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
# The engine frames replies itself (RFC 9112 §6).
_RESERVED = frozenset({"transfer-encoding", "keep-alive"})


class ResponseHeaders(MutableMapping[str, str]):
    """A reply's header fields by case-insensitive name, in the order they are sent.

    Setting a name replaces its fields; `add` sends another one of the same name. Reading gives the last value. What
    cannot be sent (a line break in a value) is an error when the reply is.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: HeaderFields = ()) -> None:
        self._fields: Headers = list(fields.items() if isinstance(fields, Mapping) else fields)

    def __getitem__(self, name: str) -> str:
        key = name.lower()
        for found, value in reversed(self._fields):
            if found.lower() == key:
                return value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self._remove(name)
        self._fields.append((name, value))

    def __delitem__(self, name: str) -> None:
        if not self._remove(name):
            raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        key = name.lower()
        return any(found.lower() == key for found, _ in self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self._fields))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"ResponseHeaders({self._fields!r})"

    def _remove(self, name: str) -> bool:
        key, before = name.lower(), len(self._fields)
        self._fields = [field for field in self._fields if field[0].lower() != key]
        return len(self._fields) < before

    def add(self, name: str, value: str) -> None:
        """Send one more field, beside any of the same name (`Set-Cookie`, `Link`)."""
        self._fields.append((name, value))

    def get_all(self, name: str) -> list[str]:
        """Every value of a repeated field, in order."""
        key = name.lower()
        return [value for found, value in self._fields if found.lower() == key]

    def add_vary(self, name: str) -> None:
        """Name a request header that the reply depends on in `Vary` (RFC 9110 §12.5.5), once."""
        named = [part.strip() for value in self.get_all("vary") for part in value.split(",")]
        if "*" not in named and name.lower() not in (part.lower() for part in named):
            self["vary"] = ", ".join([*named, name])

    def fields(self) -> Headers:
        """All fields as pairs, in order."""
        return self._fields


def check_headers(headers: Headers) -> Headers:
    """Return *headers* if each may be sent; raise `ValueError` or `TypeError` naming the first that may not."""
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            found = name if not isinstance(name, str) else value
            raise TypeError(f"header {name!r}: name and value must be str, not {type(found).__qualname__}")
        _check_name(name)
        if _FORBIDDEN.search(value) is not None:
            raise ValueError(
                f"the value of header {name!r} holds a control character, or one beyond ISO 8859-1; remove CR, LF and "
                "the like, and encode the rest"
            )
    return headers


# A program sends few names, and each of them with every reply.
@functools.lru_cache(maxsize=512)
def _check_name(name: str) -> None:
    if TOKEN.fullmatch(name) is None:
        raise ValueError(f"header name {name!r} is no token (RFC 9110 §5.6.2)")
    if name.lower() in _RESERVED:
        raise ValueError(f"header {name!r} is the server's own business; do not set it")
