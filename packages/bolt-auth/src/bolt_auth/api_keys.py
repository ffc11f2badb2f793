"""API keys: made at random, kept as digests, compared in constant time."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

MAX_KEY_SIZE = 1024
"""Bytes of a key that are looked at."""
_SECRET_BYTES = 32
_SECRET_LENGTH = 43
"""Characters of that many bytes in base64url."""


@dataclass(frozen=True, slots=True, kw_only=True)
class APIKeyRecord:
    """What a key stands for. The key itself is not in it."""

    prefix: str = ""
    """The beginning of the key, which people know it by."""
    user_id: str | None = None
    permissions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    is_staff: bool = False
    is_superuser: bool = False
    expires_at: float | None = None
    """Seconds since the epoch."""
    name: str = ""

    def is_expired(self, now: float | None = None) -> bool:
        """Whether the key's time is over."""
        return self.expires_at is not None and (time.time() if now is None else now) >= self.expires_at

    def to_json(self) -> bytes:
        """The record for another implementation, and for `claims`."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


@runtime_checkable
class APIKeyStore(Protocol):
    """Where keys are looked up by their digests, such as a database."""

    async def find(self, digest: bytes) -> APIKeyRecord | None:
        """The record of the key with that SHA-256 digest (32 bytes); `None` where there is none that is good."""
        ...


def digest(key: str) -> bytes:
    """The SHA-256 of a key, by which it is kept. Keys are random, so no slow hash is needed: nothing can be guessed."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def generate_api_key(prefix: str = "key") -> str:
    """A new key, shown once and kept by nobody: `<prefix>_<8 hex digits>_<256 bits at random>`.

    Secret scanners find it by *prefix*. Raises `ValueError` for a prefix that is not made of letters and digits.
    """
    if not (prefix.isascii() and prefix.isalnum()):
        raise ValueError(f"prefix={prefix!r}; give ASCII letters and digits, such as the name of the service")
    return f"{prefix}_{secrets.token_hex(4)}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def public_prefix(key: str) -> str:
    """The part of a key that may be shown: all of a generated one but its secret; of any other none."""
    # From the front: the secret's own alphabet has the separator.
    parts = key.split("_", 2)
    if len(parts) == 3 and len(parts[1]) == 8 and len(parts[2]) == _SECRET_LENGTH:
        return f"{parts[0]}_{parts[1]}"
    return ""


class APIKeys:
    """Keys that are known beforehand: a set of them, or a mapping of each to its record. Kept as digests only.

    Raises `ValueError` for an empty key, one of more than 1,024 bytes, and one that no header could carry.
    """

    def __init__(
        self,
        keys: Iterable[str] | Mapping[str, APIKeyRecord | Mapping[str, Any]],
        *,
        permissions: Iterable[str] | Mapping[str, Iterable[str]] = (),
    ) -> None:
        if isinstance(keys, str):
            raise ValueError(f"api_keys is one string; give a set: {{{'…'!r}}}")
        granted = permissions if isinstance(permissions, Mapping) else dict.fromkeys(keys, tuple(permissions))
        self._records: dict[bytes, APIKeyRecord] = {}
        for key in keys:
            _check(key)
            given = keys[key] if isinstance(keys, Mapping) else {}
            record = given if isinstance(given, APIKeyRecord) else APIKeyRecord(**_tuples(given))
            if not record.permissions and granted.get(key):
                record = APIKeyRecord(**{**asdict(record), "permissions": tuple(granted[key])})
            self._records[digest(key)] = record

    def find(self, presented: str) -> APIKeyRecord | None:
        """The record of a key that was presented; `None` where it is unknown or expired."""
        if not presented or len(presented) > MAX_KEY_SIZE:
            return None
        sought = digest(presented)
        for known in (sought,) if sought in self._records else ():
            # By digest first, so what the look-up's time tells is of a digest; then all of it in constant time.
            if hmac.compare_digest(known, sought) and not self._records[known].is_expired():
                return self._records[known]
        return None

    def to_wire(self) -> dict[bytes, bytes]:
        """Records, in JSON, by digest."""
        return {known: record.to_json() for known, record in self._records.items()}

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<{len(self)} API keys>"


def auth_from_api_key(record: APIKeyRecord | Mapping[str, Any], backend: str = "api_key") -> dict[str, Any]:
    """What `request.auth` is for a caller with a key; `claims` is the record, which does not hold the key."""
    said = asdict(record) if isinstance(record, APIKeyRecord) else dict(record)
    return {
        "user_id": said["user_id"],
        "is_staff": said["is_staff"] is True,
        "is_superuser": said["is_superuser"] is True,
        "permissions": list(said["permissions"]),
        "scopes": list(said["scopes"]),
        "jti": None,
        "claims": {**said, "permissions": list(said["permissions"]), "scopes": list(said["scopes"])},
        "backend": backend,
    }


def _check(key: Any) -> None:
    if not isinstance(key, str) or not key:
        raise ValueError("an API key is a string that is not empty; generate_api_key() makes one")
    if len(key) > MAX_KEY_SIZE or not all("!" <= character <= "~" for character in key):
        raise ValueError(
            "an API key must be of visible ASCII characters, 1,024 at the most; generate_api_key() makes one"
        )


def _tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    known = APIKeyRecord.__dataclass_fields__
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"an API key's record has no {unknown[0]!r}; it has {', '.join(known)}")
    return {name: tuple(value) if isinstance(value, list | set) else value for name, value in given.items()}
