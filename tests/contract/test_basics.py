"""Quick reference: basic API, route parameters, response types, testing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_bolt.testing import TestClient
from snippets import basics, sse

# The contract's own tests, run as they stand.
test_hello = basics.test_hello
test_sse = basics.test_sse


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the snippets."""
    with TestClient(basics.api) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/hello", {"message": "Hello, World!"}),
        ("/compute", {"result": 42}),
        ("/users/7", {"id": 7}),
        ("/search?q=bolt", {"query": "bolt", "page": 1}),
        ("/search?q=a+b%26&page=3", {"query": "a b&", "page": 3}),
    ],
)
def test_replies(client: TestClient, path: str, reply: Any) -> None:
    """Handlers of both kinds answer with JSON, their parameters typed."""
    response = client.get(path)

    assert response.headers["content-type"] == "application/json"
    assert response.json() == reply


@pytest.mark.parametrize(
    ("path", "loc"),
    [
        ("/users/seven", ["path", "user_id"]),
        ("/search", ["query", "q"]),
        ("/search?q=x&page=one", ["query", "page"]),
    ],
)
def test_what_is_missing_or_of_another_type_is_422(client: TestClient, path: str, loc: list[str]) -> None:
    """The reply has the one shape of all validation errors."""
    response = client.get(path)

    assert response.status_code == 422
    (error,) = response.json()["detail"]
    assert error["loc"] == loc
    assert set(error) == {"loc", "msg", "type"}


def test_every_error_is_listed(client: TestClient) -> None:
    """Not the first error alone: all of them."""
    assert len(client.get("/search?page=one").json()["detail"]) == 2


def test_plain_text(client: TestClient) -> None:
    """PlainText sends its media type with a charset."""
    response = client.get("/text")

    assert response.text == "Hello"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_events(client: TestClient) -> None:
    """The stream is what the generator yields, as an event stream."""
    response = client.get("/events")

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == "".join(f"data: Event {i}\n\n" for i in range(10))


def test_html_and_redirect() -> None:
    """The two response classes that the reference imports and does not show."""
    page, away = basics.HTML("<p>hi</p>"), basics.Redirect("/elsewhere")

    assert dict(page.fields())["content-type"] == "text/html; charset=utf-8"
    assert (away.status_code, dict(away.fields())["location"]) == (302, "/elsewhere")


def test_slow_events_come_as_they_are_produced() -> None:
    """The first event is here although the stream takes ten seconds."""
    with TestClient(sse.api, timeout=5) as client:
        response = client.get("/events", stream=True)

        assert next(response.iter_content(decode_unicode=True)) == "data: Event 0\n\n"
