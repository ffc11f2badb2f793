"""API keys in requests."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bolt_auth.api_keys import MAX_KEY_SIZE, APIKeyRecord, APIKeys, APIKeyStore, auth_from_api_key, digest
from bolt_auth.errors import AuthenticationError
from bolt_auth.schemes.base import AuthenticationScheme, Place, presented

_REFUSED = "The API key is invalid"


class APIKeyAuthentication(AuthenticationScheme):
    """A key in a header, `X-API-Key` by default, or in a query parameter or cookie.

    *api_keys*: the keys themselves, or a mapping of each to its `APIKeyRecord`; *store* looks others up. *permissions*:
    those of every key, or a mapping by key. Raises `ValueError` where there is neither, and where it looks nowhere.
    """

    backend = "api_key"

    def __init__(
        self,
        api_keys: Iterable[str] | Mapping[str, APIKeyRecord | Mapping[str, Any]] | None = None,
        *,
        store: APIKeyStore | None = None,
        header: str | None = "X-API-Key",
        permissions: Iterable[str] | Mapping[str, Iterable[str]] = (),
        **elsewhere: str,
    ) -> None:
        """*elsewhere*: `query=` or `cookie=`, which replace the header; `scheme=`, the word before the key."""
        if unknown := sorted(set(elsewhere) - {"query", "cookie", "scheme"}):
            raise ValueError(
                f"APIKeyAuthentication has no option {unknown[0]!r}; it has header, query, cookie and scheme"
            )
        if api_keys is None and store is None:
            raise ValueError("APIKeyAuthentication has no keys; give api_keys= or store=")
        self.keys = APIKeys(() if api_keys is None else api_keys, permissions=permissions)
        self.store = store
        self.places = _places(header, elsewhere)
        self.challenge = elsewhere.get("scheme", "ApiKey")
        self.is_native = type(self).authenticate is APIKeyAuthentication.authenticate
        self.may_be_undecided = store is not None
        place = self.places[0]
        self.openapi = {"type": "apiKey", "in": place.kind, "name": place.name}

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """What the request's key stands for, as `request.auth`; `None` without one. Raises `AuthenticationError`."""
        found = presented(self.places, request)
        if found is None:
            return None
        key = found[1]
        record = self.keys.find(key)
        if record is None and self.store is not None and len(key) <= MAX_KEY_SIZE:
            record = await self.store.find(digest(key))
        if record is None or record.is_expired():
            raise AuthenticationError(_REFUSED)
        return auth_from_api_key(record, self.backend)

    def identity(self, record: bytes) -> dict[str, Any]:
        """`request.auth` for a record, in JSON, that the engine has found."""
        return auth_from_api_key(json.loads(record), self.backend)

    def to_wire(self) -> dict[str, Any]:
        """The scheme as plain data; of keys their digests."""
        return {
            "kind": "api_key",
            "backend": self.backend,
            "challenge": self.challenge,
            "places": [place.to_wire() for place in self.places],
            "keys": self.keys.to_wire(),
            "undecided_keys": self.store is not None,
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.places[0].kind} {self.places[0].name}>"


def _places(header: str | None, elsewhere: Mapping[str, str]) -> tuple[Place, ...]:
    found = [Place(kind, elsewhere[kind]) for kind in ("query", "cookie") if kind in elsewhere]
    if not found and header:
        found = [Place("header", header, elsewhere.get("scheme"))]
    if not found:
        raise ValueError("APIKeyAuthentication looks nowhere; give header=, query= or cookie=")
    return tuple(found)
