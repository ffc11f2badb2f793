"""Applications whose callers show tokens, and how many queries their requests cost."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from bolt_auth import JWTAuthentication
from bolt_core import BoltAPI
from bolt_django.project import build
from bolt_django.users import reading
from bolt_django.users.cache import CACHE
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import User

# Loaders are imported by their path; importlib mode adds no folder to that of modules.
sys.path.insert(0, str(Path(__file__).parent))

from callers import SECRET, Callers


@pytest.fixture
def serving() -> Iterator[Callable[..., Callers]]:
    """Serves a handler at /it: `serving(handler)`; *options* are those of the scheme, *guards* of the route."""
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
