"""Keys that an issuer publishes (RFC 7517), fetched when needed and kept while its server is away."""

import asyncio
import ipaddress
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from bolt_auth.errors import KeysUnavailable
from bolt_auth.keys import VerificationKey, keys_from_jwks

LIFETIME = 300.0
"""Seconds for which fetched keys are used before they are fetched again."""
INTERVAL = 10.0
"""Seconds between two fetches, whatever tokens ask for: unknown key names must not become load for the issuer."""
MAX_SIZE = 1 << 20
"""Bytes of a document."""
TIMEOUT = 5.0
"""Seconds for one answer."""

_WELL_KNOWN = "/.well-known/openid-configuration"

type Fetch = Callable[[str], bytes]


class JWKSet:
    """The key set at *url*, or the one that *issuer*'s discovery document names (OpenID Connect Discovery §4).

    Only signature keys are taken, no secrets. *algorithms* narrows what the keys may be used with. Raises `ValueError`
    for a URL that is not HTTPS; loopback addresses may be HTTP. Safe to use from any thread.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        issuer: str | None = None,
        algorithms: Iterable[str] | None = None,
        lifetime: float = LIFETIME,
        fetch: Fetch | None = None,
    ) -> None:
        if (url is None) == (issuer is None):
            raise ValueError("give a JWKSet either the url of the key set or the issuer that says where it is")
        self._url = None if url is None else checked_url(url)
        self._issuer = None if issuer is None else checked_url(issuer)
        self.issuer = issuer
        self._algorithms = None if algorithms is None else tuple(algorithms)
        self._lifetime = lifetime
        self._fetch = fetch or fetched
        self._keys: list[VerificationKey] | None = None
        self._fresh_until = 0.0
        self._not_before = 0.0
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @property
    def known(self) -> list[VerificationKey]:
        """The keys as last fetched; none before that."""
        return list(self._keys or ())

    @property
    def is_stale(self) -> bool:
        """Whether the keys should be fetched before the next token is verified."""
        return time.monotonic() >= self._fresh_until

    async def keys(self, *, lacking: bool = False) -> list[VerificationKey]:
        """The keys, fetched in a thread where that is due: once, however many ask.

        *lacking*: a token names none of those known, so that they are fetched early, but not more than once in ten
        seconds. Raises `KeysUnavailable` where none were ever fetched; a failed refresh leaves the old ones in use.
        """
        if self._keys is not None and not self._is_due(lacking):
            return self.known
        return await asyncio.to_thread(self.keys_sync, lacking=lacking)

    def keys_sync(self, *, lacking: bool = False) -> list[VerificationKey]:
        """The same, on this thread, which waits."""
        if self._keys is None or self._is_due(lacking):
            with self._lock:
                # Whoever waited for the lock finds the keys that its holder fetched.
                if self._is_due(lacking):
                    self._refresh()
        if self._keys is None:
            raise KeysUnavailable
        return self.known

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* whenever other keys were fetched; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _is_due(self, lacking: bool) -> bool:
        now = time.monotonic()
        return now >= self._not_before and (lacking or now >= self._fresh_until)

    def _refresh(self) -> None:
        now = time.monotonic()
        self._not_before = now + INTERVAL
        try:
            keys = keys_from_jwks(_json(self._fetch(self._key_set_url())), self._algorithms)
            if not keys:
                raise ValueError("no usable key")
        except (OSError, ValueError):
            return
        changed = self._keys is None or [key.to_wire() for key in keys] != [key.to_wire() for key in self._keys]
        self._keys = keys
        self._fresh_until = now + self._lifetime
        if changed:
            for listener in list(self._listeners):
                listener()

    def _key_set_url(self) -> str:
        if self._url is not None:
            return self._url
        assert self._issuer is not None
        document = _json(self._fetch(self._issuer.rstrip("/") + _WELL_KNOWN))
        # Discovery §4.3: another issuer's document is none for this one.
        if document.get("issuer") != self.issuer:
            raise ValueError("the discovery document is of another issuer")
        return checked_url(str(document.get("jwks_uri")))


def checked_url(url: str) -> str:
    """*url*, where keys may be fetched from it. Raises `ValueError` for what is not HTTPS, save on loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return url
    raise ValueError(f"{url!r} must be an https URL: whoever can change keys on their way can sign any token")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead from HTTPS to anything; the URL of keys is configuration and is set right there."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetched(url: str) -> bytes:
    """The document at *url*. Raises `OSError` where there is none, `ValueError` for one that is too large."""
    request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "bolt-auth"})
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT) as response:
        data: bytes = response.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ValueError("the document is too large")
    return data


def _json(data: bytes) -> dict[str, Any]:
    document = json.loads(data)
    if not isinstance(document, dict):
        raise ValueError("the document is no JSON object")
    return document
