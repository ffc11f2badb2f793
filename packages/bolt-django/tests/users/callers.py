"""Callers that show tokens, and how many queries their requests cost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
from bolt_auth import SigningKey, create_token
from boltsite_tools.inprocess import Client, Reply
from django.db import connection
from django.test.utils import CaptureQueriesContext

SECRET = "a secret of thirty-two bytes ..."


def token_for(user: Any, **claims: Any) -> str:
    """A token for *user*, an instance or the text that names it; without the claims that are None."""
    subject = user if isinstance(user, str) else str(user.pk)
    token = create_token(subject, SigningKey(SECRET), timedelta(minutes=5), claims)
    if None not in claims.values():
        return token
    made = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode({name: value for name, value in made.items() if value is not None}, SECRET)


class Callers:
    """Sends requests to one handler; `queries` are those of the last one."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.queries: list[Mapping[str, str]] = []

    def get(self, user: Any = None, *, path: str = "/it", **claims: Any) -> Reply:
        """The reply to *user*, by default to nobody."""
        sent = {} if user is None else {"Authorization": f"Bearer {token_for(user, **claims)}"}
        with CaptureQueriesContext(connection) as captured:
            reply = self.client.get(path, sent)
        self.queries = captured.captured_queries
        return reply
