"""What schemes share: where credentials stand in a request, and how a challenge is worded."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bolt_auth.errors import AuthenticationError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 §9.2.1), which need no protection from cross-site requests."""


class AuthenticationScheme:
    """Finds out who sends a request. Subclass it for a scheme of your own; override `authenticate`."""

    backend = "custom"
    """What `request.auth["backend"]` says."""
    challenge = ""
    """What a 401 tells the client in `WWW-Authenticate` (RFC 9110 §11.6.1), such as `Bearer`; empty for nothing."""
    is_native = False
    """Whether the server's engine can do it alone."""
    may_be_undecided = False
    """Whether the engine may have to ask `authenticate` after all."""
    openapi: Mapping[str, Any] = {}
    """The scheme as OpenAPI describes it, such as `{"type": "http", "scheme": "bearer"}`."""

    async def authenticate(self, request: Any) -> Mapping[str, Any] | None:
        """What becomes `request.auth`; `None` where the request has no credential of this scheme.

        The mapping has at least `user_id`; what else the framework documents is filled in. Raises
        `AuthenticationError` for a credential that is no good.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `async def authenticate(self, request)`")


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a request where a credential may stand."""

    kind: str
    """`header`, `cookie` or `query`."""
    name: str
    scheme: str | None = None
    """Of a header: the word before the credential, in any case (RFC 9110 §11.1); `None`: the whole value is it."""

    def __post_init__(self) -> None:
        named = self.kind == "query" or _TOKEN.fullmatch(self.name)
        if not self.name or not named or (self.scheme is not None and not _TOKEN.fullmatch(self.scheme)):
            raise ValueError(f"{self.name!r} is no name of a {self.kind}")

    def to_wire(self) -> tuple[str, str, str | None]:
        """Plain data."""
        return (self.kind, self.name, self.scheme)

    def find(self, request: Any) -> str | None:
        """The credential there, `None` for none. Raises `AuthenticationError` for one that stands there wrongly."""
        credential = self._sent(request)
        if credential is None:
            return None
        if not credential:
            raise AuthenticationError("The credential is empty")
        if any(character.isspace() for character in credential):
            raise AuthenticationError("The credential contains whitespace")
        return credential

    def _sent(self, request: Any) -> str | None:
        found: str | None
        if self.kind == "cookie":
            found = request.cookies.get(self.name)
            return found
        if self.kind == "query":
            found = request.query_params.get(self.name)
            return found
        values = request.headers.get_all(self.name)
        found = next((own for value in values if (own := self._own(value)) is not None), None)
        # A field that is sent twice: another reader may take the other one.
        if found is not None and len(values) > 1:
            raise AuthenticationError("More than one credential was sent")
        return found

    def _own(self, value: str) -> str | None:
        if self.scheme is None:
            return value.strip()
        word, space, rest = value.partition(" ")
        if word.lower() != self.scheme.lower():
            return None
        return rest.strip() if space else ""


def presented(places: tuple[Place, ...], request: Any) -> tuple[Place, str] | None:
    """The one credential of a scheme and where it stands. Raises `AuthenticationError` where there are two."""
    found = [(place, value) for place in places if (value := place.find(request)) is not None]
    if len(found) > 1:
        raise AuthenticationError("More than one credential was sent")
    return found[0] if found else None


def quoted(text: str) -> str:
    """A quoted-string (RFC 9110 §5.6.4)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def check_csrf(request: Any, header: str, expected: Any) -> None:
    """Raise `CSRFError` unless an unsafe request sends *expected*, of the token, in *header*: other sites cannot."""
    if request.method in SAFE_METHODS:
        return
    sent = request.headers.get_all(header)
    if not isinstance(expected, str) or not expected or len(sent) != 1:
        raise CSRFError
    if not hmac.compare_digest(sent[0].encode("latin-1", "replace"), expected.encode()):
        raise CSRFError


class CSRFError(Exception):
    """A request with a cookie that another site may have caused: 403."""

    permission_denied = True
    """Tells a framework to answer 403."""
    detail = "CSRF check failed: send the token's CSRF value in its header"

    def __init__(self) -> None:
        super().__init__(self.detail)
