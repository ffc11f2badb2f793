"""Applications in Django's terms, and browsers that keep their cookies."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.cookies import SimpleCookie
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.project import build
from boltsite_tools.inprocess import Client, Reply
from django.contrib.auth.models import User


class Browser:
    """Sends requests with the cookies that it was given."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}
        self.set: SimpleCookie = SimpleCookie()
        """What the last reply set."""

    def request(self, method: str, path: str, data: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request; *data* is sent as JSON."""
        fields = dict(headers or {})
        if self.cookies:
            fields.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        body = b"" if data is None else json.dumps(data).encode()
        if body:
            fields.setdefault("Content-Type", "application/json")
        elif method != "GET":
            fields.setdefault("Content-Length", "0")
        reply = self.client.request(method, path, body, fields)
        self.set = SimpleCookie()
        for line in reply.headers.get_all("set-cookie", []):
            self.set.load(line)
        for name, morsel in self.set.items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return reply

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """A safe one."""
        return self.request("GET", path, headers=headers)

    def post(self, path: str, data: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One that changes something."""
        return self.request("POST", path, data, headers)


@pytest.fixture
def serve() -> Iterator[Callable[..., Browser]]:
    """Serves an application."""
    with ExitStack() as stack:
        yield lambda api: Browser(stack.enter_context(Client(build([api]))))


@pytest.fixture
def protected(serve: Callable[..., Browser]) -> Callable[..., Browser]:
    """Serves routes that tell who calls, with these schemes and guards."""

    def start(auth: list[Any], guards: Any = None) -> Browser:
        api = BoltAPI(auth=auth, guards=guards)

        @api.route("/it", methods=["GET", "POST", "PUT", "DELETE"])
        async def told(request: Any) -> Any:
            return {name: request.auth.get(name) for name in ("user_id", "is_staff", "backend")}

        @api.get("/user")
        def loaded(request: Any) -> str:
            return str(request.user)

        return serve(api)

    return start


@pytest.fixture
def ann(db: None) -> User:
    """A member of the staff."""
    return User.objects.create_user("ann", password="correct horse", is_staff=True)
