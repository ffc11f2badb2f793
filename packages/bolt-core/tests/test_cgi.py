"""A request as CGI meta-variables."""

from typing import Any

import pytest
from bolt_core import BoltAPI, Request
from bolt_core.cgi import cgi_variables
from bolt_core.config import ServerConfig
from bolt_core.front import ProxySettings
from bolt_core.origins import Origin, register_origin, release_origin
from raw_client import serve

SERVER = ("shop.example", "8000")


def variables(
    target: str, *fields: str, script_name: str = "", version: str = "1.1", client: tuple[str, int] | None = None
) -> dict[str, Any]:
    """The variables of a GET with these header fields; *client* as the server knows it."""
    api = BoltAPI()

    @api.get("/")
    @api.get("/{rest:path}")
    async def handler(request: Request) -> dict[str, Any]:
        return request._cgi(SERVER, client, "http") if client else cgi_variables(request, SERVER)

    served = serve(api, ServerConfig(proxies=ProxySettings(script_name=script_name)))
    lines = "".join(f"{field}\r\n" for field in fields)
    try:
        found: dict[str, Any] = served.send(f"GET {target} HTTP/{version}\r\n{lines}\r\n".encode("latin-1")).json()
    finally:
        served.close()
    return found


def test_the_request_line_and_the_addresses() -> None:
    """Bytes beyond ASCII stand as Latin-1 characters; the path is decoded, the query is not."""
    assert variables("/caf%C3%A9/?q=%20", "Host: shop.example", client=("192.0.2.1", 4711)) == {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/caf\xc3\xa9/",
        "QUERY_STRING": "q=%20",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "4711",
        "HTTP_HOST": "shop.example",
        "wsgi.url_scheme": "http",
    }


def test_a_script_name_is_no_part_of_the_path() -> None:
    """SCRIPT_NAME and PATH_INFO are the two halves of the path; nothing below is `/`."""
    found = variables("/caf%C3%A9/x", "Host: a", script_name="/café")
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/caf\xc3\xa9", "/x")

    assert variables("/a", "Host: a", script_name="/a")["PATH_INFO"] == "/"


def test_a_forwarded_client_has_no_port() -> None:
    """What a proxy tells is an address alone."""
    found = variables("/x", "Host: a", client=("203.0.113.9", 0))

    assert found["REMOTE_ADDR"] == "203.0.113.9"
    assert "REMOTE_PORT" not in found


def test_a_peer_without_an_address() -> None:
    """REMOTE_ADDR is there and empty, as code reads it without asking."""
    found = variables("/x", "Host: a")

    assert found["REMOTE_ADDR"] == ""
    assert "REMOTE_PORT" not in found


def test_what_a_server_in_front_knows() -> None:
    """Its client and its scheme, for as long as the request lasts."""

    class Bridged:
        _number = register_origin(Origin(client=("192.0.2.7", 1), scheme="https"))

        def _cgi(self, *known: Any) -> tuple[Any, ...]:
            return known

    try:
        assert cgi_variables(Bridged(), SERVER) == (SERVER, ("192.0.2.7", 1), "https")  # type: ignore[arg-type, comparison-overlap]
    finally:
        release_origin(Bridged._number)


def test_the_host_of_an_absolute_target_wins() -> None:
    """RFC 9112 §3.2.2: the Host field is ignored then."""
    assert variables("http://good.example/x", "Host: evil.example")["HTTP_HOST"] == "good.example"


def test_http_1_0_needs_no_host() -> None:
    """Then there is no HTTP_HOST, and code that reads it is told so."""
    found = variables("/x", version="1.0")

    assert "HTTP_HOST" not in found
    assert found["SERVER_PROTOCOL"] == "HTTP/1.0"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["Content-Type: text/plain", "Content-Length: 0"], {"CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "0"}),
        (["X-A: 1", "x-a: 2"], {"HTTP_X_A": "1,2"}),
        (["Cookie: a=1; ", "Cookie: b=2"], {"HTTP_COOKIE": "a=1; b=2"}),
        (["X-Empty:"], {"HTTP_X_EMPTY": ""}),
        (["X-Latin: caf\xe9"], {"HTTP_X_LATIN": "caf\xe9"}),
        (["X_Real_IP: 1.2.3.4", "X-Real-IP: 5.6.7.8"], {"HTTP_X_REAL_IP": "5.6.7.8"}),
        (["X_Real_IP: 1.2.3.4"], {}),
    ],
)
def test_fields_become_variables(fields: list[str], expected: dict[str, str]) -> None:
    """Repeated ones are joined, content type and length have no prefix, and an underscore passes for no hyphen."""
    found = variables("/x", "Host: a", *fields)

    assert {name: found[name] for name in found if name.startswith(("HTTP_", "CONTENT_"))} == {
        "HTTP_HOST": "a",
        **expected,
    }
