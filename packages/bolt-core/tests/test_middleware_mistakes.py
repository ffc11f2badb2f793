"""Middleware that cannot work is told where it is declared, or when the application is frozen."""

from typing import Any

import pytest
from bolt_core import BoltAPI, Middleware, Router, middleware, skip_middleware
from bolt_core.exceptions import ConfigError

pytestmark = pytest.mark.usefixtures("registries")


class Tag(Middleware):
    """Does nothing."""


def _sync_function(get_response: Any) -> Any:
    return lambda request: None


class _Sync(Middleware):
    def __call__(self, request: Any) -> Any:  # type: ignore[override]
        return None


async def _no_factory(request: Any) -> Any:
    return None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("app.Middleware", "give a list of middleware"),
        (["app.Middleware"], r"'app.Middleware' is a string; name the class itself"),
        ([3], "3 is no middleware"),
        ([_Sync], r"_Sync is not asynchronous; declare its __call__"),
        ([_no_factory], r"make it a plain function that returns an async one"),
    ],
)
def test_mistakes_are_told_where_they_are_made(given: Any, says: str) -> None:
    """On an application, a router and a route alike."""
    for declare in (
        lambda: BoltAPI(middleware=given),
        lambda: Router(middleware=given),
        lambda: BoltAPI().get("/", middleware=given)(lambda: None),
    ):
        with pytest.raises(ConfigError, match=says):
            declare()


def test_mistakes_that_show_when_the_application_is_frozen() -> None:
    """A function that makes no asynchronous one; a skip of what is not there."""
    api = BoltAPI(middleware=[_sync_function])
    api.get("/")(lambda: None)
    with pytest.raises(ConfigError, match="_sync_function is not asynchronous"):
        api.freeze()
    api = BoltAPI()
    api.get("/", skip_middleware=[Tag])(lambda: None)
    with pytest.raises(ConfigError, match=r"GET /: handler .* skips the middleware .*Tag, which does not"):
        api.freeze()


def test_decorators_stand_below_the_routes() -> None:
    """Above it they would come too late."""
    api = BoltAPI()
    with pytest.raises(ConfigError, match=r"@middleware comes too late"):

        @middleware(Tag)
        @api.get("/")
        async def handler() -> None: ...

    with pytest.raises(ConfigError, match=r"@skip_middleware comes too late"):
        skip_middleware(Tag)(handler if False else api.get("/b")(_no_factory))
    with pytest.raises(ConfigError, match="name what to skip"):
        skip_middleware()


def test_integrations_own_their_options() -> None:
    """Without the integration, its option is an error that names it."""
    with pytest.raises(ConfigError, match="needs bolt_django, in INSTALLED_APPS"):
        BoltAPI(django_middleware=True)
