"""The test client is httpx2's client with a few more keywords."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

import httpx2
from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_testing import AsyncTestClient, EventStream, TestClient, TestResponse

api = BoltAPI()

with TestClient(api, use_http_layer=True, config=ServerConfig(max_body_size=1024)) as client:
    assert_type(client, TestClient)
    response = client.get("/", params={"q": "x"}, headers={"accept": "application/json"})
    assert_type(response.status_code, int)
    plain: httpx2.Response = response
    assert_type(response, TestResponse)
    assert_type(response.iter_content(), Iterator[bytes])
    assert_type(response.iter_content(64, decode_unicode=True), Iterator[str])
    assert_type(response.iter_events(), Iterator[httpx2.ServerSentEvent])
    with client.stream("POST", "/", json={"a": 1}, follow_redirects=True) as streamed:
        assert_type(streamed, TestResponse)
    with client.sse("/events", last_event_id="7", max_event_size=1024) as events:
        assert_type(events, EventStream)
        assert_type(next(iter(events)).data, str)
    client.get("/", parms={})  # type: ignore[call-arg]
    client.sse("/", last_event_id=7)  # type: ignore[arg-type]


async def asynchronous() -> None:
    async with AsyncTestClient(api, timeout=None, raise_server_exceptions=False) as client:
        assert_type(client, AsyncTestClient)
        response = await client.post("/", files={"a": b"x"}, stream=True)
        assert_type(response, TestResponse)
        assert_type(response.aiter_content(), AsyncIterator[bytes])
        assert_type(response.aiter_content(decode_unicode=True), AsyncIterator[str])
        async with client.stream("GET", "/") as streamed:
            assert_type(streamed, TestResponse)
        async with client.sse("/events") as events:
            assert_type([event.data async for event in events], list[str])
        await client.get("/", parms={})  # type: ignore[call-arg]


AsyncTestClient("api")  # type: ignore[arg-type]

TestClient("api")  # type: ignore[arg-type]
TestClient(api, nonsense=True)  # type: ignore[call-arg]
ServerConfig(max_body_size="1 MB")  # type: ignore[arg-type]
ServerConfig(max_bodysize=1)  # type: ignore[call-arg]
