"""Tokens of every kind, good and forged, and one application served with the engine's schemes and with Python's."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from bolt_auth import APIKeyAuthentication, JWTAuthentication
from bolt_core import BoltAPI
from bolt_testing import TestClient

SECRET = "a-secret-of-at-least-sixty-four-bytes-for-the-longest-hash-there-is"


class SlowJWT(JWTAuthentication):
    """The same scheme, asked in Python."""

    async def authenticate(self, request: Any) -> Any:
        """As ever; an overridden method is not the engine's to run."""
        return await super().authenticate(request)


class SlowKeys(APIKeyAuthentication):
    """The same scheme, asked in Python."""

    async def authenticate(self, request: Any) -> Any:
        """As ever."""
        return await super().authenticate(request)


@pytest.fixture
def open_client() -> Iterator[Callable[..., TestClient]]:
    """Serves an application whose routes say who calls; closed after the test."""
    opened: list[TestClient] = []

    def open_it(auth: list[Any], guards: list[Any]) -> TestClient:
        api = BoltAPI(auth=auth, guards=guards)

        @api.route("/", methods=["GET", "POST"])
        async def told(request: Any) -> Any:
            return request.auth

        opened.append(TestClient(api))
        return opened[-1]

    yield open_it
    for client in opened:
        client.close()


def b64(data: bytes | str) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def signed(header: str, claims: str, secret: str = SECRET) -> str:
    """A token of these very texts, with a good signature of HS256."""
    body = f"{b64(header)}.{b64(claims)}"
    signer = jwt.algorithms.get_default_algorithms()["HS256"]
    return f"{body}.{b64(signer.sign(body.encode(), secret.encode()))}"


def token(**claims: Any) -> str:
    """A good token, with more claims; `...` takes one out."""
    said = {"sub": "7", "iat": int(time.time()) - 1, "exp": int(time.time()) + 600, "jti": "j", **claims}
    kept = {name: value for name, value in said.items() if value is not ...}
    return signed('{"alg":"HS256","typ":"JWT"}', json.dumps(kept))
