"""Revoked tokens in the project's database."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bolt_auth.revocation.announcing import Announcing
from bolt_auth.revocation.store import KEEP, issued_before, until
from django.db import OperationalError
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest

from bolt_django.tokens import installed, moments

if TYPE_CHECKING:
    from bolt_django.tokens.models import RevokedToken, RevokedUser

_NAME_LENGTH = 255
# Each is lost only to another change of the same row within milliseconds.
_ATTEMPTS = 10
_TOKEN, _USER = 0, 1


class DjangoORMRevocation(Announcing):
    """A store in the tables of `bolt_django.tokens`, shared by all processes.

    *using*: an alias of DATABASES; by default the routers say. *keep*: how long a revocation lasts of a token that does
    not say when it expires; a year by default. Methods ending in `_sync` are the same for `def` handlers. What is
    revoked within a transaction is revoked with its commit. Methods raise `ImproperlyConfigured` where the application
    is not installed, and Django's `DatabaseError` where the database cannot be asked.
    """

    def __init__(self, *, using: str | None = None, keep: timedelta = KEEP) -> None:
        super().__init__()
        self.using = using
        self._keep = keep

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token, until *expires_at*, in seconds since the epoch; whether it was good until now.

        Of many that do so at once, one is told so. Raises `ValueError` for what is no `jti`.
        """
        name, end, rows = checked_jti(jti), until(expires_at, self._keep), self._tokens()
        for _ in range(_ATTEMPTS):
            row, created = await rows.aget_or_create(jti=name, defaults={"expires_at": moments.moment(end)})
            change = {} if created else _change(row, end)
            if not change or await _same(rows, row).aupdate(**change):
                self.announce("token", jti, 0.0, end)
                return created or "revoked_at" in change
        raise _contended()

    def revoke_sync(self, jti: str, *, expires_at: float | None = None) -> bool:
        """As `revoke`."""
        name, end, rows = checked_jti(jti), until(expires_at, self._keep), self._tokens()
        for _ in range(_ATTEMPTS):
            row, created = rows.get_or_create(jti=name, defaults={"expires_at": moments.moment(end)})
            change = {} if created else _change(row, end)
            if not change or _same(rows, row).update(**change):
                self.announce("token", jti, 0.0, end)
                return created or "revoked_at" in change
        raise _contended()

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user, named as in `sub`, that were issued up to now.

        That is remembered until *expires_at*, in seconds since the epoch.
        """
        before, end, rows = moments.now(), until(expires_at, self._keep), self._users()
        name, values = stored_name(str(user_id)), _values(before, end)
        for _ in range(_ATTEMPTS):
            row, created = await rows.aget_or_create(user_id=name, defaults=values)
            if created or await rows.filter(pk=row.pk).aupdate(**_later(values)):
                self.announce("user", str(user_id), before, end)
                return
        raise _contended()

    def revoke_all_sync(self, user_id: str, *, expires_at: float | None = None) -> None:
        """As `revoke_all`."""
        before, end, rows = moments.now(), until(expires_at, self._keep), self._users()
        name, values = stored_name(str(user_id)), _values(before, end)
        for _ in range(_ATTEMPTS):
            row, created = rows.get_or_create(user_id=name, defaults=values)
            if created or rows.filter(pk=row.pk).update(**_later(values)):
                self.announce("user", str(user_id), before, end)
                return
        raise _contended()

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether the token with these claims is revoked, by itself or with all of its user's: one query."""
        query = self._asked(jti, user_id)
        return query is not None and _judge([row async for row in query], issued_at)

    def is_revoked_sync(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """As `is_revoked`."""
        query = self._asked(jti, user_id)
        return query is not None and _judge(list(query), issued_at)

    def _tokens(self) -> "QuerySet[RevokedToken]":
        installed.require(type(self).__name__)
        from bolt_django.tokens.models import RevokedToken

        return RevokedToken._base_manager.using(self.using).order_by()

    def _users(self) -> "QuerySet[RevokedUser]":
        installed.require(type(self).__name__)
        from bolt_django.tokens.models import RevokedUser

        return RevokedUser._base_manager.using(self.using).order_by()

    def _asked(self, jti: Any, user_id: str | None) -> "QuerySet[Any, Any] | None":
        """Rows that speak of a token: which kind, when it is over and, of a user, before when."""
        queries: list[QuerySet[Any, Any]] = []
        # Claims are whatever the issuer wrote; what is no text was never revoked.
        if isinstance(jti, str):
            tokens = self._tokens().filter(jti=stored_name(jti))
            queries.append(tokens.values_list(Value(_TOKEN), "expires_at", "revoked_at"))
        if user_id is not None:
            users = self._users().filter(user_id=stored_name(str(user_id)))
            queries.append(users.values_list(Value(_USER), "expires_at", "before"))
        if not queries:
            return None
        return queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.using or 'by the routers'}>"


def checked_jti(jti: Any) -> str:
    """The name under which a token is stored. Raises `ValueError` for what is no `jti`."""
    if not isinstance(jti, str) or not jti:
        raise ValueError(f"a token is revoked by its jti, a string, not {jti!r}; give tokens one when they are made")
    return stored_name(jti)


def stored_name(name: str) -> str:
    """*name*, or its digest where a column cannot hold it: too long, or with what no database takes."""
    if len(name) <= _NAME_LENGTH and "\0" not in name and not any("\ud800" <= one <= "\udfff" for one in name):
        return name
    return f"sha256:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _change(row: "RevokedToken", end: float) -> dict[str, Any]:
    """What revoking again changes: a row whose time is over becomes new, another may last longer."""
    now = moments.now()
    if moments.seconds(row.expires_at) <= now:
        return {"expires_at": moments.moment(end), "revoked_at": moments.moment(now)}
    return {"expires_at": moments.moment(end)} if end > moments.seconds(row.expires_at) else {}


def _same(rows: "QuerySet[RevokedToken]", row: "RevokedToken") -> "QuerySet[RevokedToken]":
    """*row*, unless it was changed or deleted since it was read."""
    return rows.filter(pk=row.pk, expires_at=row.expires_at)


def _values(before: float, end: float) -> dict[str, Any]:
    return {"before": moments.moment(before), "expires_at": moments.moment(end)}


def _later(values: dict[str, Any]) -> dict[str, Any]:
    # Clocks differ, and of two calls the later may keep shorter: nothing that is revoked becomes good by that.
    return {name: Greatest(F(name), Value(value)) for name, value in values.items()}


def _judge(rows: list[Any], issued_at: float | None) -> bool:
    now = moments.now()
    return any(
        moments.seconds(end) > now and (kind == _TOKEN or issued_before(issued_at, moments.seconds(moment)))
        for kind, end, moment in rows
    )


def _contended() -> OperationalError:
    return OperationalError(f"a revocation was changed by others {_ATTEMPTS} times while it was written; try again")
