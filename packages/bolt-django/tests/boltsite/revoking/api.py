"""Whoever has a token may end it, or all of its user's."""

import os
from typing import Any

from bolt_auth import JWTAuthentication
from bolt_core import BoltAPI, Request
from bolt_django.revocation import CachedRevocation, DjangoCacheRevocation, DjangoORMRevocation, RedisRevocation
from django.conf import settings

PREFIX = os.environ["TEST_REVOCATION_PREFIX"]


def make_store() -> Any:
    """The store that this process is told to use."""
    match os.environ["TEST_REVOCATION"]:
        case "orm":
            return DjangoORMRevocation()
        case "cache":
            return DjangoCacheRevocation(prefix=PREFIX)
        case "redis":
            return RedisRevocation(settings.REDIS_URL, prefix=PREFIX)
    raise AssertionError


store = make_store()
asked = CachedRevocation(store, staleness=0)
api = BoltAPI(prefix="/revoking", auth=[JWTAuthentication(settings.SECRET_KEY, revocation_store=asked)])


@api.get("/me")
async def me(request: Request) -> dict[str, str]:
    return {"user": request.auth["user_id"]}


@api.get("/out")
async def out(request: Request) -> None:
    await store.revoke(request.auth["jti"], expires_at=request.auth["claims"]["exp"])


@api.get("/sync/out")
def sync_out(request: Request) -> None:
    store.revoke_sync(request.auth["jti"], expires_at=request.auth["claims"]["exp"])


@api.get("/everywhere")
async def everywhere(request: Request) -> None:
    await store.revoke_all(request.auth["user_id"])


@api.get("/race/{jti}", auth=[])
async def race(jti: str) -> bool:
    return bool(await store.revoke(jti))


@api.get("/sync/race/{jti}", auth=[])
def sync_race(jti: str) -> bool:
    return bool(store.revoke_sync(jti))
