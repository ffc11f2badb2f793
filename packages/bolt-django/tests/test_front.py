"""Django's settings about proxies, hosts and headers, for API routes and Django's own URLs alike."""

import json
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, Request
from bolt_core.config import ServerConfig
from bolt_django import front, project
from bolt_django.options import resolve
from boltsite_tools.inprocess import Client, Reply
from boltsite_tools.process import Served, UnixConnection, connected
from django.http import HttpResponse
from django.test import override_settings
from django.urls import reverse

BOTH = [front.SECURITY, front.FRAMES]
NAMES = ["X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options"]


def small() -> BoltAPI:
    """An API to ask."""
    api = BoltAPI()

    @api.get("/it")
    async def it(request: Request) -> dict[str, Any]:
        return {
            "path": request.path,
            "info": request.path_info,
            "uri": request.build_absolute_uri(),
            "addr": request.META["REMOTE_ADDR"],
            "admin": reverse("admin:index"),
            "secure": request.is_secure(),
        }

    @api.get("/sync")
    def sync() -> dict[str, str]:
        return {"admin": reverse("admin:index")}

    @api.get("/own")
    def own() -> HttpResponse:
        return HttpResponse("x", headers={"X-Frame-Options": "SAMEORIGIN"})

    @api.get("/bare", default_headers=False)
    async def bare() -> str:
        return "x"

    @api.get("/slashed/")
    async def slashed() -> None: ...

    return api


def ask(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Reply:
    """The reply of a server that is made with the settings as they are."""
    with Client(project.build([small()])) as client:
        return client.request(method, path, headers=headers)


def values(reply: Reply) -> list[list[str]]:
    """Every value of each of the headers."""
    return [reply.headers.get_all(name, []) for name in NAMES]


@override_settings(MIDDLEWARE=BOTH)
def test_replies_have_djangos_headers_once() -> None:
    """Those of a route, of the engine's own and of Django's URLs, with the values of the settings."""
    expected = [["nosniff"], ["same-origin"], ["same-origin"], ["DENY"]]

    assert values(ask("/it")) == expected
    assert values(ask("/it", method="PUT")) == expected
    assert values(ask("/it", method="OPTIONS")) == expected
    assert values(ask("/echo/")) == expected


@override_settings(
    MIDDLEWARE=BOTH, X_FRAME_OPTIONS="sameorigin", SECURE_REFERRER_POLICY="origin, no-referrer", DEBUG=False
)
def test_settings_give_the_values() -> None:
    """A handler's own value goes before them, and a route may have none of them."""
    assert values(ask("/it"))[1:] == [["origin,no-referrer"], ["same-origin"], ["SAMEORIGIN"]]
    assert values(ask("/own"))[3] == ["SAMEORIGIN"]
    assert values(ask("/bare")) == [[], [], [], []]


@pytest.mark.parametrize(
    "settings",
    [
        {"MIDDLEWARE": []},
        {"MIDDLEWARE": BOTH, "BOLT": {"SECURITY_HEADERS": False}},
    ],
)
def test_no_middleware_no_headers(settings: dict[str, Any]) -> None:
    """Nor where the project switches them off."""
    with override_settings(**settings):
        assert values(ask("/it")) == [[], [], [], []]


@override_settings(
    MIDDLEWARE=BOTH,
    SECURE_HSTS_SECONDS=60,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
    SECURE_HSTS_PRELOAD=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
def test_transport_security_on_secure_requests_only() -> None:
    """RFC 6797 §7.2."""
    name = "Strict-Transport-Security"

    assert ask("/it").headers[name] is None
    secure = {"X-Forwarded-Proto": "https"}
    for path in ("/it", "/nowhere", "/echo/"):
        assert ask(path, secure).headers.get_all(name) == ["max-age=60; includeSubDomains; preload"]


@override_settings(
    MIDDLEWARE=BOTH, SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=[r"^own$"], ALLOWED_HOSTS=["testserver"]
)
def test_the_redirect_to_https() -> None:
    """As Django's, which redirects its own URLs; other methods keep theirs."""
    for path in ("/it?a=b", "/echo/?a=b"):
        reply = ask(path)
        assert (reply.status, reply.headers["Location"]) == (301, f"https://testserver{path}")
    assert ask("/it", method="PUT").status == 308
    assert ask("/own").status == 200
    with override_settings(SECURE_SSL_HOST="secure.example"):
        assert ask("/it").headers["Location"] == "https://secure.example/it"
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_SCHEME", "https")):
        assert ask("/it", {"X-Scheme": "https"}).json()["secure"] is True


def test_content_security_policies() -> None:
    """Of Django 6.0 and later, without nonces."""
    csp = pytest.importorskip("django.utils.csp", reason="Django has content security policies from 6.0 on").CSP
    policy = {"default-src": [csp.SELF], "script-src": [csp.SELF, csp.NONCE]}
    with override_settings(MIDDLEWARE=[front.POLICY], SECURE_CSP=policy, SECURE_CSP_REPORT_ONLY=policy):
        for path in ("/it", "/echo/"):
            found = ask(path).headers
            said = "default-src 'self'; script-src 'self'"
            assert found.get_all("Content-Security-Policy") == [said]
            assert found.get_all("Content-Security-Policy-Report-Only") == [said]


@override_settings(APPEND_SLASH=False)
def test_no_redirect_without_append_slash() -> None:
    """APPEND_SLASH counts for APIs that say nothing."""
    assert ask("/slashed").status == 404
    with override_settings(APPEND_SLASH=True):
        assert ask("/slashed").status == 301


@override_settings(FORCE_SCRIPT_NAME="/shop", ALLOWED_HOSTS=["testserver"])
def test_force_script_name() -> None:
    """Routes answer below it, whether the proxy takes it off or not, and links have it."""
    for path in ("/shop/it", "/it"):
        got = ask(path).json()
        assert (got["path"], got["info"], got["uri"]) == ("/shop/it", "/it", "http://testserver/shop/it")
        assert got["admin"] == "/shop/admin/"
    assert ask("/sync").json() == {"admin": "/shop/admin/"}
    assert ask("/slashed").headers["Location"] == "/shop/slashed/"
    for path in ("/shop/echo/", "/echo/"):
        django = ask(path).json()
        assert (django["path"], django["path_info"]) == ("/shop/echo/", "/echo/")


PROXIED = {
    "BOLT": {"TRUSTED_PROXIES": ["10.0.0.0/8"]},
    "USE_X_FORWARDED_HOST": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "ALLOWED_HOSTS": ["testserver", "public.example"],
}
TOLD = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Host": "public.example", "X-Forwarded-Proto": "https"}


@override_settings(**PROXIED)
def test_what_proxies_tell_is_the_same_for_django() -> None:
    """A view of Django's and a route see one client, one host, one scheme. A test client speaks for a proxy."""
    got = ask("/it", TOLD).json()
    assert (got["addr"], got["uri"]) == ("203.0.113.9", "https://public.example/it")

    assert ask("/echo/", TOLD).json()["meta"]["REMOTE_ADDR"] == "203.0.113.9"


@override_settings(**PROXIED)
def test_the_forwarded_host_is_the_one_checked() -> None:
    """For replies of the engine's own, too; as Django, which checks no other then."""
    run = resolve({}, {}, {})
    with Client(project.build([small()]), project.server_config(run, terminal=False)) as client:
        for method, path, status in [("GET", "/it", 200), ("PUT", "/it", 405), ("OPTIONS", "/it", 204)]:
            inside = client.request(method, path, headers={"Host": "inner", "X-Forwarded-Host": "public.example"})
            evil = client.request(method, path, headers={"X-Forwarded-Host": "evil.example"})
            assert (inside.status, evil.status) == (status, 400)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"SECURE_REDIRECT_EXEMPT": ["(?=x)"], "MIDDLEWARE": BOTH}, "without look-around"),
        ({"FORCE_SCRIPT_NAME": "shop"}, "must start with '/'"),
        ({"X_FRAME_OPTIONS": "a\nb", "MIDDLEWARE": BOTH}, "cannot be added to every reply"),
    ],
)
def test_what_the_engine_cannot_follow_is_a_check_error(settings: dict[str, Any], says: str) -> None:
    """bolt.E004, with what to do about it."""
    from django.core import checks

    with override_settings(**settings):
        ((check_id, message),) = [(one.id, one.msg) for one in checks.run_checks(tags=["bolt"])]

    assert check_id == "bolt.E004"
    assert says in message


def test_test_clients_have_the_settings(settings: Any) -> None:
    """A configuration that a test makes has them as that of runbolt has."""
    settings.MIDDLEWARE = BOTH
    assert dict(ServerConfig().security.headers)["X-Frame-Options"] == "DENY"


SETTINGS = """
from bolt_django import front
MIDDLEWARE = [front.FRAMES, *MIDDLEWARE]
BOLT = {"TRUSTED_PROXIES": [%r]}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 60
"""


def add_settings(site: Path, text: str) -> None:
    """Append to the settings of a copy of the test project."""
    path = site / "boltsite" / "settings.py"
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize(("trusted", "client"), [("127.0.0.1", "203.0.113.9"), ("10.0.0.0/8", "127.0.0.1")])
def test_a_real_server_behind_a_proxy(site: Path, database: dict[str, str], trusted: str, client: str) -> None:
    """Address, scheme and access log are a trusted peer's word, and nobody else's."""
    add_settings(site, SETTINGS % trusted)
    with Served("--port", "0", env=database, cwd=site) as served, connected(served.port) as connection:
        connection.request("GET", "/hello", headers=TOLD)
        response = connection.getresponse()
        response.read()
        connection.request("GET", "/echo/", headers=TOLD)
        meta = json.loads(connection.getresponse().read())["meta"]

        assert response.headers.get_all("X-Frame-Options") == ["DENY"]
        assert (response.headers["Strict-Transport-Security"] is not None) == (trusted == "127.0.0.1")
        assert (meta["REMOTE_ADDR"], "HTTP_X_FORWARDED_FOR" in meta) == (client, trusted == "127.0.0.1")
        assert served.wait_for_line(r'^(\S+) - - .*"GET /hello')[1] == client


def test_a_proxy_on_a_unix_socket(site: Path, database: dict[str, str], tmp_path: Path) -> None:
    """Listed by its kind, as it has no address."""
    add_settings(site, SETTINGS % "unix")
    path = str(tmp_path / "s")
    with Served("--uds", path, env=database, cwd=site) as served:
        served.wait_for_line("Listening")
        connection = UnixConnection(path)
        connection.request("GET", "/echo/", headers=TOLD)
        assert json.loads(connection.getresponse().read())["meta"]["REMOTE_ADDR"] == "203.0.113.9"
        connection.close()
