"""What holds for routes of which nobody says anything."""

import pytest
from bolt_auth import AllowAny, IsAuthenticated
from bolt_core import BoltAPI, ConfigError
from bolt_django.auth import JWTAuthentication, SessionAuthentication
from bolt_django.auth.defaults import default_access
from bolt_django.conf import problems
from django.test import override_settings


async def handler() -> str:
    return "x"


@override_settings(
    BOLT={"DEFAULT_AUTH": ["bolt_django.auth.JWTAuthentication"], "DEFAULT_GUARDS": ["bolt_auth.IsAuthenticated"]}
)
def test_paths_of_classes(serve):
    """Settings name classes, so that they import nothing; a route can still be opened."""
    api = BoltAPI()
    api.add_route("GET", "/closed", handler)
    api.add_route("GET", "/open", handler, {"guards": [AllowAny()]})
    browser = serve(api)

    assert [browser.get(path).status for path in ("/closed", "/open")] == [401, 200]


def test_objects():
    """Objects are taken as they are, and the settings are read whenever an application is frozen."""
    scheme, api = SessionAuthentication(), BoltAPI()
    api.add_route("GET", "/", handler)
    assert api.freeze().routes[0].access is None
    with override_settings(BOLT={"DEFAULT_AUTH": [scheme], "DEFAULT_GUARDS": [IsAuthenticated()]}):
        access = api.freeze().routes[0].access
        assert access is not None
        assert access.schemes == (scheme,)
        assert default_access() == default_access()
    assert api.freeze().routes[0].access is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["bolt_django.auth.Nothing"], "DEFAULT_AUTH"),
        (["bolt_auth.IsAuthenticated"], "is not an authentication scheme"),
        ([JWTAuthentication], "is a class"),
    ],
)
def test_mistakes(value, text):
    """What is no scheme is an error that names the setting."""
    with override_settings(BOLT={"DEFAULT_AUTH": value}), pytest.raises(ConfigError, match=text):
        default_access()


def test_check():
    """A setting that is no list is told by the system check."""
    with override_settings(BOLT={"DEFAULT_AUTH": "bolt_django.auth.JWTAuthentication"}):
        assert [(code, "DEFAULT_AUTH" in text) for code, text in problems()] == [("bolt.E002", True)]
