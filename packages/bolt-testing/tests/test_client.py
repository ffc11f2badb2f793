"""TestClient: requests, options, life-cycle."""

import contextvars
import subprocess
import sys
import textwrap
import threading
import time
from typing import Any

import httpx2
import pytest
from bolt_core import BoltAPI, PlainText, Redirect, Request, Response
from bolt_core.config import ServerConfig
from bolt_core.pool import run_in_pool
from bolt_testing import TestClient

setting: contextvars.ContextVar[str] = contextvars.ContextVar("setting", default="unset")


@pytest.fixture
def api() -> BoltAPI:
    """An application that tells what it was sent."""
    api = BoltAPI()

    @api.route("/echo", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], stream_body=True)
    async def echo(request: Request) -> dict[str, Any]:
        body = b"".join([chunk async for chunk in request.stream()])
        return {"method": request.method, "query": request.query_string, "body": body.decode()}

    @api.get("/headers")
    async def headers(request: Request) -> dict[str, str]:
        return dict(request.headers)

    @api.get("/cookie")
    async def cookie(request: Request) -> Response:
        seen = request.cookies.get("seen", "no")
        return PlainText(seen, headers={"Set-Cookie": "seen=yes; Path=/"})

    @api.get("/moved")
    async def moved() -> Redirect:
        return Redirect("/echo?moved=1")

    add_introspection(api)
    return api


def add_introspection(api: BoltAPI) -> None:
    """Add routes that tell where they run and what they find there."""

    @api.get("/thread")
    def thread() -> int:
        return threading.get_ident()

    @api.get("/thread/async")
    async def async_thread() -> int:
        return threading.get_ident()

    @api.get("/thread/handed-over")
    async def handed_over() -> int:
        return await run_in_pool(threading.get_ident)

    @api.get("/setting/async")
    async def setting_async() -> str:
        found = setting.get()
        setting.set("from a handler")
        return found

    @api.get("/setting/sync")
    def setting_sync() -> str:
        found = setting.get()
        setting.set("from a handler")
        return found


@pytest.fixture(params=[False, True], ids=["in-process", "socket"])
def client(api: BoltAPI, request: pytest.FixtureRequest) -> Any:
    """A client of each kind."""
    with TestClient(api, use_http_layer=request.param) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_reaches_its_handler(client: TestClient, method: str) -> None:
    """The method called is the method sent."""
    response = getattr(client, method.lower())("/echo", params={"a": "1"})

    assert response.status_code == 200
    assert response.json() == {"method": method, "query": "a=1", "body": ""}


def test_head_has_no_body(client: TestClient) -> None:
    """head() gets the fields of a GET and nothing else."""
    response = client.head("/echo")

    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 0


def test_options_lists_the_methods(client: TestClient) -> None:
    """options() reads what a path allows."""
    allow = client.options("/headers").headers["allow"]

    assert {"GET", "HEAD", "OPTIONS"} <= {method.strip() for method in allow.split(",")}


def test_any_body_may_go_with_any_method(client: TestClient) -> None:
    """delete() takes a JSON body too, although few servers do."""
    assert client.delete("/echo", json={"a": 1}).json()["body"] == '{"a":1}'


def test_a_large_body_arrives_whole(client: TestClient) -> None:
    """A body larger than any socket buffer is written while the server reads it."""
    text = "x" * 2_000_000

    assert client.post("/echo", content=text).json()["body"] == text


def test_def_handlers_run_on_the_calling_thread(client: TestClient) -> None:
    """A `def` handler runs where the test runs; an `async def` one does not."""
    assert client.get("/thread").json() == threading.get_ident()
    assert client.get("/thread/async").json() != threading.get_ident()


async def test_def_handlers_run_on_the_thread_of_an_async_test(client: TestClient) -> None:
    """An asynchronous test calls the client as a synchronous one does, and its loop stays its own."""
    assert client.get("/thread").json() == threading.get_ident()
    assert client.get("/echo").status_code == 200


def test_cookies_persist_between_requests(client: TestClient) -> None:
    """A cookie that was set is sent back."""
    assert client.get("/cookie").text == "no"
    assert client.get("/cookie").text == "yes"
    assert client.cookies["seen"] == "yes"


def test_redirects_are_followed_on_demand(client: TestClient) -> None:
    """A redirect is returned as it is unless the request or the client says otherwise."""
    assert client.get("/moved").status_code == 302

    followed = client.get("/moved", follow_redirects=True)
    assert followed.json()["query"] == "moved=1"
    assert [hop.status_code for hop in followed.history] == [302]


def test_connections_are_kept_alive(client: TestClient) -> None:
    """Requests after the first reuse its connection."""
    opened = []
    hooks = {"trace": lambda event, info: opened.append(event) if event == "connection.connect_tcp.started" else None}

    for _ in range(3):
        client.get("/echo", extensions=hooks)

    assert len(opened) == 1


def test_options_of_the_client_go_with_every_request(api: BoltAPI) -> None:
    """Headers, cookies and base_url are httpx2's."""
    with TestClient(api, base_url="http://shop.test", headers={"X-A": "1"}, cookies={"seen": "before"}) as client:
        headers = client.get("/headers").json()

        assert headers["host"] == "shop.test"
        assert headers["x-a"] == "1"
        assert client.get("/cookie").text == "before"


def test_the_environment_is_ignored(api: BoltAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment does not come between a test and its application."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with TestClient(api) as client:
        assert client.get("/echo").status_code == 200


def test_limits_are_the_servers(api: BoltAPI) -> None:
    """A server configuration applies, so its refusals can be tested."""
    with TestClient(api, config=ServerConfig(max_request_line=100)) as client:
        assert client.get("/echo", params={"a": "x" * 200}).status_code == 414


def test_a_frozen_application_is_served_too(api: BoltAPI) -> None:
    """What freeze() returned works as the API itself."""
    with TestClient(api.freeze()) as client:
        assert client.get("/echo").status_code == 200


def test_one_application_serves_many_clients(api: BoltAPI) -> None:
    """Clients of one application exist side by side and one after the other."""
    with TestClient(api) as one, TestClient(api) as two:
        assert one.get("/echo").status_code == two.get("/echo").status_code == 200
    with TestClient(api) as three:
        assert three.get("/echo").status_code == 200


def test_without_a_with_block(api: BoltAPI) -> None:
    """A client works without `with`; close() ends it and may be called twice."""
    client = TestClient(api)
    assert client.get("/echo").status_code == 200

    client.close()
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.get("/echo")


def test_no_thread_outlives_the_client(api: BoltAPI) -> None:
    """Closing the client ends its server."""
    before = threading.active_count()

    with TestClient(api) as client:
        client.get("/echo")
        assert threading.active_count() > before

    assert threading.active_count() == before


def test_a_forgotten_client_warns(api: BoltAPI) -> None:
    """A client that is dropped while its server runs says so and stops it."""
    forgotten = [TestClient(api)]
    forgotten[0].get("/echo")

    with pytest.warns(ResourceWarning, match="with block"):
        forgotten.clear()


def test_https_is_refused_with_advice(api: BoltAPI) -> None:
    """There is no TLS in a test; the message says what to do instead."""
    with TestClient(api) as client, pytest.raises(httpx2.UnsupportedProtocol, match="X-Forwarded-Proto"):
        client.get("https://testserver/echo")


def test_something_else_than_an_api_is_refused() -> None:
    """A view function or a module is no application."""
    with pytest.raises(TypeError, match="takes a BoltAPI"):
        TestClient(object())  # type: ignore[arg-type]


def test_an_unknown_option_is_refused(api: BoltAPI) -> None:
    """A misspelt keyword is named together with those there are."""
    with pytest.raises(TypeError, match=r"no option 'header'.*headers"):
        TestClient(api, header={})  # type: ignore[call-arg]


def test_several_threads_may_share_a_client(api: BoltAPI) -> None:
    """Requests from many threads all get their own answers."""
    answers: list[str] = []

    def ask(shared: TestClient, number: int) -> None:
        answers.append(shared.get("/echo", params={"n": number}).json()["query"])

    with TestClient(api) as shared:
        threads = [threading.Thread(target=ask, args=(shared, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)

    assert sorted(answers) == [f"n={number}" for number in range(8)]


def test_work_that_async_handlers_hand_over_runs_on_the_calling_thread(client: TestClient) -> None:
    """run_in_pool() is the test's thread too, as it is for a `def` handler."""
    assert client.get("/thread/handed-over").json() == threading.get_ident()


def test_the_context_of_the_test_is_the_handlers(api: BoltAPI) -> None:
    """A ContextVar that the test set before the first request is seen, and what a handler sets is not seen back."""
    token = setting.set("from the test")
    try:
        with TestClient(api) as client:
            for kind in ("async", "sync"):
                assert client.get(f"/setting/{kind}").text == "from the test"
        assert setting.get() == "from the test"
    finally:
        setting.reset(token)


def test_an_unclosed_client_does_not_hold_up_the_end_of_the_process() -> None:
    """A script that forgets its client ends all the same."""
    script = """
        from bolt_core import BoltAPI
        from bolt_testing import TestClient

        api = BoltAPI()

        @api.get("/")
        async def root():
            return "served"

        client = TestClient(api)
        print(client.get("/").text)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout) == (0, "served\n"), done.stderr


def test_start_and_stop_take_no_time(api: BoltAPI) -> None:
    """A client per test is affordable: far below the server's shutdown deadline of seconds."""
    started = time.monotonic()
    with TestClient(api) as client:
        client.get("/echo")

    assert time.monotonic() - started < 2
