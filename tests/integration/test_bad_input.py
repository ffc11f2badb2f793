"""Input that no honest client sends gets its 4xx, and the server goes on."""

import socket

import pytest
from serving import Served

JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def still_alive(lab: Served) -> object:
    """After each of these, the same process answers as before."""
    with lab.client() as client:
        before = client.get("/pid").json()
        yield
        assert client.get("/pid").json() == before


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        pytest.param(b"[" * 100_000, {400, 422}, id="deep-arrays"),
        pytest.param(b'{"a":' * 100_000, {400, 422}, id="deep-objects"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, {400, 422}, id="deep-and-closed"),
        pytest.param(b'"\xff\xfe"', {400, 422}, id="invalid-utf8"),
        pytest.param(b'"\\ud800"', {200, 400, 422}, id="lone-surrogate"),
        pytest.param(b"NaN", {400, 422}, id="nan"),
        pytest.param(b"[Infinity]", {400, 422}, id="infinity"),
        pytest.param(b"", {400, 422}, id="empty"),
        pytest.param(b'{"a": 1', {400, 422}, id="cut-off"),
        pytest.param(b"1" * 5000, {200, 400, 422}, id="long-number"),
        pytest.param(b"1e999999", {200, 400, 422}, id="large-exponent"),
        pytest.param(b"[1] trailing", {400, 422}, id="trailing-garbage"),
        pytest.param(b"\xef\xbb\xbf{}", {200, 400, 422}, id="byte-order-mark"),
    ],
)
def test_bad_json(lab: Served, body: bytes, statuses: set[int]) -> None:
    """JSON that is deep, broken or no JSON is refused as the client's mistake."""
    with lab.client() as client:
        response = client.post("/json", content=body, headers=JSON)

    assert response.status_code in statuses
    if response.status_code >= 400:
        assert set(response.json()) == {"detail"}


def test_nesting_of_ordinary_depth_is_served(lab: Served) -> None:
    """The limit is far from what people nest."""
    body = b"[" * 50 + b"]" * 50

    with lab.client() as client:
        assert client.post("/json", content=body, headers=JSON).content == body


def test_a_body_over_the_limit_is_413(lab: Served) -> None:
    """Django's DATA_UPLOAD_MAX_MEMORY_SIZE (2.5 MiB) holds, and the refusal reaches the client."""
    with lab.client() as client:
        response = client.post("/json", content=b'"' + b"x" * 3_000_000 + b'"', headers=JSON)

    assert response.status_code == 413


def test_a_declared_length_over_the_limit_is_413_before_the_body(lab: Served) -> None:
    """Nothing of a body that is announced too large is waited for."""
    with socket.create_connection(("127.0.0.1", lab.port), timeout=30) as connection:
        connection.sendall(
            b"POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 9999999999\r\n\r\n"
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", "nonsense", ""],
)
def test_other_content_types_are_415(lab: Served, content_type: str) -> None:
    """A JSON handler reads JSON only, so that no form of another site reaches it."""
    with lab.client() as client:
        response = client.post("/items", content=b'{"name":"a"}', headers={"content-type": content_type})

    assert response.status_code == 415


def test_json_by_any_of_its_names(lab: Served) -> None:
    """Parameters and +json suffixes are JSON too."""
    with lab.client() as client:
        for content_type in ("application/json", "application/json; charset=utf-8", "application/vnd.api+json"):
            response = client.post("/items", content=b'{"name":"a"}', headers={"content-type": content_type})
            assert response.json() == {"name": "a", "weight": 0.0}


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (b"{}", ["body", "name"]),
        (b'{"name": 1}', ["body", "name"]),
        (b'{"name": "a", "weight": "heavy"}', ["body", "weight"]),
    ],
)
def test_a_body_of_the_wrong_shape_is_422(lab: Served, body: bytes, loc: list[str]) -> None:
    """The reply names the field."""
    with lab.client() as client:
        response = client.post("/items", content=body, headers=JSON)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize(
    ("path", "loc"),
    [
        ("/typed/one", ["path", "number"]),
        ("/typed/1.5", ["path", "number"]),
        ("/typed/%FF", ["path", "number"]),
        ("/typed/1?ratio=nan", ["query", "ratio"]),
        ("/typed/1?ratio=inf", ["query", "ratio"]),
        ("/typed/1?ratio=", ["query", "ratio"]),
        ("/typed/1?ratio=%ff", ["query", "ratio"]),
    ],
)
def test_bad_parameters_are_422(lab: Served, path: str, loc: list[str]) -> None:
    """Values that are not of their type are refused, NaN and infinity among them."""
    with lab.client() as client:
        response = client.get(path)

    assert response.status_code in (400, 422)
    if response.status_code == 422:
        assert response.json()["detail"][0]["loc"] == loc


def test_a_wrong_method_is_405(lab: Served) -> None:
    """The reply lists what the path allows (RFC 9110 §15.5.6)."""
    with lab.client() as client:
        response = client.post("/hello")
        assert response.status_code == 405
        assert {"GET", "HEAD"} <= {method.strip() for method in response.headers["allow"].split(",")}
        assert client.request("BREW", "/hello").status_code == 405


def test_an_unknown_host_is_400(lab: Served) -> None:
    """ALLOWED_HOSTS holds for the API's own routes."""
    with lab.client() as client:
        assert client.get("/hello", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_an_exception_is_a_logged_500(lab: Served, kind: str) -> None:
    """The client reads nothing of it, the log has the traceback."""
    with lab.client() as client:
        response = client.get(f"/fail/{kind}")

    assert response.status_code == 500
    assert response.json() == {"detail": "Internal Server Error"}
    lab.printed(f"RuntimeError: the {kind}hronous secret")


HALVES = [b"GET", b"GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Le", b"\x16\x03\x01\x02\x00", b"\r\n\r\n"]


@pytest.mark.parametrize("raw", HALVES)
def test_half_a_request_and_a_client_that_left(lab: Served, raw: bytes) -> None:
    """Whoever leaves in the middle of a head leaves nothing behind."""
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", lab.port), timeout=30) as connection:
            connection.sendall(raw)
