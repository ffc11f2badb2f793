"""Applications whose callers show tokens, and how many queries their requests cost."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bolt_auth import JWTAuthentication, SigningKey, create_token
from bolt_core import BoltAPI
from bolt_django.project import build
from bolt_django.users import reading
from bolt_django.users.cache import CACHE
from boltsite_tools.inprocess import Client, Reply
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

# Loaders are imported by their path; importlib mode adds no folder to that of modules.
sys.path.insert(0, str(Path(__file__).parent))

SECRET = "a secret of thirty-two bytes ..."


def token_for(user: Any, **claims: Any) -> str:
    """A token for *user*, an instance or the text that names it."""
    subject = user if isinstance(user, str) else str(user.pk)
    return create_token(subject, SigningKey(SECRET), timedelta(minutes=5), claims)


class Callers:
    """Sends requests to one handler; `queries` are those of the last one."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.queries: list[Mapping[str, str]] = []

    def get(self, user: Any = None, *, path: str = "/it", **claims: Any) -> Reply:
        """The reply to *user*, by default to nobody."""
        sent = {} if user is None else {"Authorization": f"Bearer {token_for(user, **claims)}"}
        with CaptureQueriesContext(connection) as captured:
            reply = self._client.get(path, sent)
        self.queries = captured.captured_queries
        return reply


@pytest.fixture
def serve() -> Iterator[Callable[..., Callers]]:
    """Serves a handler at /it: `serve(handler)`; *options* are those of the scheme, *guards* of the route."""
    with ExitStack() as stack:

        def start(handler: Any, *, auth: Any = None, guards: Any = None, api: Any = None, **options: Any) -> Callers:
            api = BoltAPI() if api is None else api
            schemes = [JWTAuthentication(SECRET, **options)] if auth is None else auth
            api.get("/it", auth=schemes, guards=guards)(handler)
            return Callers(stack.enter_context(Client(build([api]))))

        yield start


@pytest.fixture
def user(db: None) -> User:
    """Somebody active."""
    return User.objects.create_user("ann", password="secret")


@pytest.fixture(autouse=True)
def nobody_known() -> Iterator[None]:
    """No user kept of another test, and nothing told of its handlers."""
    CACHE.clear()
    reading._told.clear()
    yield
    CACHE.clear()
