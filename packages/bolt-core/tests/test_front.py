"""What stands in front of an application: settings that the engine takes, and what they do to requests."""

from typing import Any

import pytest
from bolt_core import BoltAPI, ConfigError, Request
from bolt_core.config import ServerConfig
from bolt_core.front import ProxySettings, SecuritySettings
from raw_client import Answer, serve

BEHIND = ProxySettings(trusted=("10.0.0.0/8",), https_header=("X-Forwarded-Proto", "https"), script_name="/shöp")


def ask(api: BoltAPI, path: str, config: ServerConfig | None = None, **headers: str) -> Answer:
    """The reply to one GET."""
    served = serve(api, config)
    fields = {"Host": "a.example"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    try:
        return served.send(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
    finally:
        served.close()


def told() -> BoltAPI:
    """A route that tells what the request says of itself."""
    api = BoltAPI()

    @api.get("/it")
    async def it(request: Request) -> dict[str, Any]:
        return {
            "client": request.client and list(request.client),
            "scheme": request.scheme,
            "paths": [request.path, request.path_info, request.raw_path],
            "full": request.build_absolute_uri(),
            "meta": [request.META[name] for name in ("REMOTE_ADDR", "SCRIPT_NAME", "PATH_INFO")],
        }

    return api


def test_a_request_says_what_trusted_proxies_tell() -> None:
    """The client, how it came, and where the application stands; its port is not known."""
    headers = {"X_Forwarded_For": "6.6.6.6, 203.0.113.9, 10.0.0.7", "X_Forwarded_Proto": "https"}
    config = ServerConfig(proxies=BEHIND)
    stripped = ask(told(), "/it", config, **headers).json()
    whole = ask(told(), "/sh%C3%B6p/it", config, **headers).json()

    assert stripped == whole
    assert whole == {
        "client": ["203.0.113.9", 0],
        "scheme": "https",
        "paths": ["/shöp/it", "/it", "/sh%C3%B6p/it"],
        "full": "https://a.example/sh%C3%B6p/it",
        "meta": ["203.0.113.9", "/sh\xc3\xb6p", "/it"],
    }


def test_by_default_nobody_is_believed() -> None:
    """Whatever the fields say."""
    got = ask(told(), "/it", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https").json()

    assert (got["client"], got["scheme"]) == (None, "http")


def test_default_headers_and_who_wants_none() -> None:
    """With every reply, unless the handler sets the field itself or the route opts out."""
    api = BoltAPI()

    @api.get("/plain")
    async def plain() -> str:
        return "x"

    @api.get("/bare", default_headers=False)
    async def bare() -> str:
        return "x"

    rules = SecuritySettings(headers={"X-Frame-Options": "DENY"}, https_headers={"X-Secure": "1"})
    proxies = ProxySettings(https_header=("x-scheme", "https"))
    config = ServerConfig(security=rules, proxies=proxies)
    replies = [ask(api, path, config).headers for path in ("/plain", "/gone", "/bare")]

    assert [headers.get("x-frame-options") for headers in replies] == ["DENY", "DENY", None]
    assert "x-secure" not in replies[0]
    assert ask(api, "/plain", config, X_Scheme="https").headers["x-secure"] == "1"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ProxySettings(trusted=("10.0.0.0/40",)), "is no trusted proxy"),
        (lambda: ProxySettings(trusted="10.0.0.1"), "give a list of addresses"),  # type: ignore[arg-type]
        (lambda: ProxySettings(https_header=("a b", "https")), "no name of a header field"),
        (lambda: ProxySettings(script_name="shop"), "must start with '/'"),
        (lambda: SecuritySettings(headers={"X": "a\nb"}), "cannot be added to every reply"),
        (lambda: SecuritySettings(headers={"Content-Length": "1"}), "cannot be added to every reply"),
        (lambda: SecuritySettings(redirect_exempt=("(",)), "redirect_exempt: '('"),
        (lambda: SecuritySettings(redirect_exempt=("(?=a)",)), "without look-around"),
    ],
)
def test_what_cannot_work_is_refused(make: Any, says: str) -> None:
    """When it is written, not when a request comes."""
    with pytest.raises(ConfigError, match=says.replace("(", r"\(")):
        make()


def test_slashes_as_the_configuration_says() -> None:
    """Where the application says nothing; what it says counts more."""
    for said, append, status in [
        (None, True, 301),
        (None, False, 404),
        ("append", False, 301),
        ("strict", True, 404),
    ]:
        api = BoltAPI(trailing_slash=said)  # type: ignore[arg-type]

        @api.get("/it/")
        async def it() -> None: ...

        assert ask(api, "/it", ServerConfig(append_slash=append)).status == status, (said, append)
