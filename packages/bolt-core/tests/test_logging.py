"""A record for each request, as `LoggingConfig` says."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, Middleware, Router
from bolt_core.exceptions import ConfigError
from bolt_core.logging import LoggingConfig
from bolt_core.responses import Response
from raw_client import Answer, Served

pytestmark = pytest.mark.usefixtures("registries")

LOGGER = "django_bolt.access"
EVERY_REQUEST_FIELD = {"method", "path", "query", "client", "user_agent", "headers"}


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the access logger has logged so far."""
    caplog.set_level(logging.DEBUG, LOGGER)

    class Mine(list[logging.LogRecord]):
        def __iter__(self) -> Any:
            return iter([record for record in caplog.records if record.name == LOGGER])

        def __len__(self) -> int:
            return len(list(iter(self)))

        def __getitem__(self, at: Any) -> Any:
            return list(iter(self))[at]

    return Mine()


def api_of(**options: Any) -> BoltAPI:
    api = BoltAPI(logging_config=LoggingConfig(**options))

    @api.get("/sync/{n}")
    def sync(n: int) -> dict[str, int]:
        return {"n": 1 // n}

    @api.get("/async/{n}")
    async def not_sync(n: int) -> dict[str, int]:
        return {"n": 1 // n}

    return api


def ask(server: Served, target: str, fields: str = "", method: str = "GET") -> Answer:
    return server.send(f"{method} {target} HTTP/1.1\r\nHost: test\r\n{fields}\r\n".encode())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_level_and_fields_follow_the_reply(
    served: Callable[..., Served], records: list[logging.LogRecord], kind: str
) -> None:
    """Results, what cannot be bound, errors, and what the engine answers by itself."""
    server = served(api_of())
    for method, target in [("GET", "1"), ("GET", "x"), ("GET", "0"), ("DELETE", "1")]:
        ask(server, f"/{kind}/{target}", method=method)
    ask(server, "/nowhere")
    found = [(record.levelname, vars(record)["method"], record.path, record.status_code) for record in records]  # type: ignore[attr-defined]
    assert found == [
        ("INFO", "GET", f"/{kind}/1", 200),
        ("WARNING", "GET", f"/{kind}/x", 422),
        ("ERROR", "GET", f"/{kind}/0", 500),
        ("WARNING", "DELETE", f"/{kind}/1", 405),
        ("WARNING", "GET", "/nowhere", 404),
    ]
    assert records[0].getMessage().startswith(f"GET /{kind}/1 200 ")
    assert 0 <= vars(records[0])["duration"] < 5


def test_only_the_fields_that_were_asked_for(served: Callable[..., Served], records: list[logging.LogRecord]) -> None:
    """Each is an attribute of the record; of headers, secrets are masked."""
    server = served(
        api_of(
            request_log_fields=EVERY_REQUEST_FIELD,
            response_log_fields={"headers"},
            masked_headers={"X-Secret", "cookie"},
        )
    )
    ask(server, "/sync/1?a=b&a=c", "User-Agent: me\r\nX-Secret: s\r\nCookie: c=1\r\nAuthorization: shown\r\n")
    found = vars(records[0])
    assert (found["query"], found["user_agent"]) == ("a=b&a=c", "me")
    assert "client" in found
    assert "status_code" not in found
    assert "duration" not in found
    headers = {name.lower(): value for name, value in found["request_headers"].items()}
    assert headers == {
        "host": "test",
        "user-agent": "me",
        "x-secret": "***",
        "cookie": "***",
        "authorization": "shown",
    }
    assert "response_headers" in found


def test_paths_are_skipped(served: Callable[..., Served], records: list[logging.LogRecord]) -> None:
    """A path by itself, or all that begin so."""
    server = served(api_of(skip_paths={"/sync/1", "/async/*"}))
    for target in ["/sync/1", "/sync/2", "/async/3", "/async/0"]:
        ask(server, target)
    assert [vars(record)["path"] for record in records] == ["/sync/2"]


@pytest.mark.parametrize("options", [{"sample_rate": 0}, {"min_duration": 60}])
def test_what_is_left_out_does_not_hide_errors(
    served: Callable[..., Served], records: list[logging.LogRecord], options: dict[str, float]
) -> None:
    """Neither a sample nor a least duration leaves out statuses from 500 on."""
    server = served(api_of(**options))
    for target in ["/sync/1", "/sync/x", "/sync/0"]:
        ask(server, target)
    assert [vars(record)["status_code"] for record in records] == [500]


def test_middleware_is_inside(served: Callable[..., Served], records: list[logging.LogRecord]) -> None:
    """What middleware answers in a handler's place is logged as it was sent."""

    class Refuse(Middleware):
        async def __call__(self, request: Any) -> Response:
            return Response(b"", status_code=418)

    api = BoltAPI(logging_config=LoggingConfig(), middleware=[Refuse])

    @api.get("/")
    async def handler() -> str:
        return ""

    assert ask(served(api), "/").status == 418
    assert [vars(record)["status_code"] for record in records] == [418]


def test_an_included_api_has_its_own(served: Callable[..., Served], records: list[logging.LogRecord]) -> None:
    """The nearest configuration counts; a router takes that of the API around it."""
    inner = BoltAPI(prefix="/inner", logging_config=LoggingConfig(request_log_fields={"query"}))
    router = Router("/router")
    for place in (inner, router):

        @place.get("/x")
        async def handler() -> str:
            return ""

    api = BoltAPI(logging_config=LoggingConfig(request_log_fields={"path"}))
    api.include(inner)
    api.include(router)
    server = served(api)
    ask(server, "/inner/x?q")
    ask(server, "/router/x")
    assert [vars(record).get("query") for record in records] == ["q", None]
    assert [vars(record).get("path") for record in records] == [None, "/router/x"]


def test_a_path_cannot_forge_a_line(served: Callable[..., Served], records: list[logging.LogRecord]) -> None:
    """Control characters of a path are escaped in the message."""
    ask(served(api_of()), "/sync/1%0AGET%20/forged")
    assert "\n" not in records[0].getMessage()
    assert "\\n" in records[0].getMessage()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"request_log_fields": {"pth"}}, "request_log_fields has no 'pth'; it takes method, path"),
        ({"response_log_fields": {"status"}}, "response_log_fields has no 'status'; it takes status_code"),
        ({"request_log_fields": "path"}, "give a set of strings"),
        ({"skip_paths": {"health"}}, "'health' is no path; begin it with /"),
        ({"skip_paths": {1}}, "skip_paths has 1; give strings"),
        ({"sample_rate": 2}, "give a share from 0 to 1"),
        ({"min_duration": -1}, "give seconds, 0 or more"),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], complaint: str) -> None:
    """With the option, the value and what to give instead."""
    with pytest.raises(ConfigError, match=complaint):
        LoggingConfig(**options)


def test_an_application_takes_nothing_else() -> None:
    """The class itself, say."""
    with pytest.raises(ConfigError, match="give a LoggingConfig"):
        BoltAPI(logging_config=LoggingConfig)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_body_that_nobody_takes_is_not_asked_for(
    served: Callable[..., Served], records: list[logging.LogRecord], kind: str
) -> None:
    """Logging needs none, so a route that reads no body answers a client that waits, as without logging."""
    server = served(api_of())
    head = f"GET /{kind}/1 HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n".encode()
    assert server.send(head).status == 200
    assert [vars(record)["status_code"] for record in records] == [200]
