"""Header fields of replies, checked before they leave."""

import re

from bolt_core.types import Headers

# RFC 9110 §5.6.2.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: no control character but the tab; CR, LF and NUL would let content pass for fields.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# The engine frames replies itself (RFC 9112 §6).
_RESERVED = frozenset({"transfer-encoding", "keep-alive"})


def check_headers(headers: Headers) -> Headers:
    """Return *headers* if each may be sent; raise `ValueError` or `TypeError` naming the first that may not."""
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"header {name!r}: name and value must be str, not {type(value).__qualname__}")
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"header name {name!r} is no token (RFC 9110 §5.6.2)")
        if _FORBIDDEN.search(value) is not None:
            raise ValueError(f"the value of header {name!r} holds a control character; remove CR, LF and the like")
        if name.lower() in _RESERVED:
            raise ValueError(f"header {name!r} is the server's own business; do not set it")
    return headers
