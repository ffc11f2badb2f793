"""A request as CGI meta-variables."""

from dataclasses import dataclass, field

from bolt_core.cgi import cgi_variables, header_variables


@dataclass
class Raw:
    """A request of which only the head counts."""

    method: str = "POST"
    raw_path: str = "/caf%C3%A9/"
    _script_name: str = ""
    query_string: str = "q=1"
    http_version: str = "1.1"
    host: str = "shop.example"
    client: tuple[str, int] | None = ("192.0.2.1", 4711)
    raw_headers: list[tuple[str, str]] = field(default_factory=list)
    _number: int | None = None


def test_the_request_line_and_the_addresses() -> None:
    """Bytes beyond ASCII stand as Latin-1 characters; the path is decoded, the query is not."""
    assert cgi_variables(Raw(), ("shop.example", "8000")) == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/caf\xc3\xa9/",
        "QUERY_STRING": "q=1",
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
    found = cgi_variables(Raw(raw_path="/caf%C3%A9/x", _script_name="/caf%C3%A9"), ("localhost", "80"))
    assert (found["SCRIPT_NAME"], found["PATH_INFO"]) == ("/caf\xc3\xa9", "/x")

    assert cgi_variables(Raw(raw_path="/a", _script_name="/a"), ("localhost", "80"))["PATH_INFO"] == "/"


def test_a_forwarded_client_has_no_port() -> None:
    """What a proxy tells is an address alone."""
    found = cgi_variables(Raw(client=("203.0.113.9", 0)), ("localhost", "80"))

    assert found["REMOTE_ADDR"] == "203.0.113.9"
    assert "REMOTE_PORT" not in found


def test_a_peer_without_an_address() -> None:
    """REMOTE_ADDR is there and empty, as code reads it without asking."""
    variables = cgi_variables(Raw(client=None), ("localhost", "80"))

    assert variables["REMOTE_ADDR"] == ""
    assert "REMOTE_PORT" not in variables


def test_the_host_of_an_absolute_target_wins() -> None:
    """RFC 9112 §3.2.2: the Host field is ignored then."""
    raw = Raw(host="good.example", raw_headers=[("Host", "evil.example")])

    assert cgi_variables(raw, ("localhost", "80"))["HTTP_HOST"] == "good.example"


def test_fields_become_variables() -> None:
    """Repeated fields are joined, cookies by a semicolon; content type and length have no prefix."""
    fields = [("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")]

    assert header_variables([*fields, ("Content-Length", "3"), ("Content-Length", "3")]) == {
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_X_A": "1,2",
        "HTTP_COOKIE": "a=1; b=2",
    }


def test_a_name_with_an_underscore_is_dropped() -> None:
    """It would pass for a name that a proxy has checked."""
    assert header_variables([("X_Real_IP", "1.2.3.4"), ("X-Real-IP", "5.6.7.8")]) == {"HTTP_X_REAL_IP": "5.6.7.8"}
