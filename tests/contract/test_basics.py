"""Quick reference: basic API, route parameters, response types, testing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from django_bolt import BoltAPI
from django_bolt.param_functions import Cookie, Form, Header, Query
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


def test_a_header_under_its_own_name(client: TestClient) -> None:
    """The text in the marker is the name on the wire, in any case, and no default: without the header it is 422."""
    assert client.get("/protected", headers={"x-api-KEY": "s3"}).json() == {"key": "s3"}

    refused = client.get("/protected")
    assert refused.status_code == 422
    assert refused.json()["detail"] == [{"loc": ["header", "X-API-Key"], "msg": "Field required", "type": "missing"}]


def test_markers_of_every_source_in_both_styles() -> None:
    """Header, cookie, form and query read the same value as a default and within `Annotated`."""
    api = BoltAPI()

    @api.post("/defaults")
    async def defaults(
        key: str = Header("X-API-Key"),
        session: str = Cookie("session"),
        name: str = Form("full-name"),
        q: str = Query("q"),
    ) -> list[str]:
        return [key, session, name, q]

    @api.post("/annotated")
    def annotated(
        key: Annotated[str, Header("X-API-Key")],
        session: Annotated[str, Cookie("session")],
        name: Annotated[str, Form("full-name")],
        q: Annotated[str, Query("q")],
    ) -> list[str]:
        return [key, session, name, q]

    with TestClient(api, headers={"X-API-Key": "k"}, cookies={"session": "s"}) as client:
        for path in ("/defaults", "/annotated"):
            assert client.post(path, params={"q": "1"}, data={"full-name": "Ada"}).json() == ["k", "s", "Ada", "1"]
            errors = client.post(path, data={"name": "Ada"}).json()["detail"]
            assert [error["loc"] for error in errors] == [["form", "full-name"], ["query", "q"]]


def test_a_header_without_a_name() -> None:
    """The parameter's own name, its underscores as hyphens."""
    api = BoltAPI()

    @api.get("/key")
    async def key(x_api_key: str = Header()) -> dict[str, str]:
        return {"key": x_api_key}

    with TestClient(api) as client:
        assert client.get("/key", headers={"X-Api-Key": "k"}).json() == {"key": "k"}


def test_download(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is sent whole or in ranges, with its type, and asked for anew only when it changed."""
    (tmp_path / "path/to").mkdir(parents=True)
    (tmp_path / "path/to/file.pdf").write_bytes(b"%PDF-" + bytes(100_000))
    # The snippet's path is absolute; here it is looked for below the test's own folder.
    file_response = basics.FileResponse
    monkeypatch.setattr(basics, "FileResponse", lambda path: file_response(f"{tmp_path}{path}"))

    whole = client.get("/download")
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "application/pdf"
    assert len(whole.content) == 100_005
    part = client.get("/download", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert client.get("/download", headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_download_of_a_file_that_is_not_there(client: TestClient) -> None:
    """404, which does not say where the file would have been."""
    response = client.get("/download")

    assert response.status_code == 404
    assert response.json() == {"detail": "Not Found"}


def test_html_and_redirect() -> None:
    """The two response classes that the reference imports and does not show."""
    api = BoltAPI()

    @api.get("/page")
    async def page() -> Any:
        return basics.HTML("<p>hi</p>")

    @api.get("/away")
    def away() -> Any:
        return basics.Redirect("/page")

    with TestClient(api) as client:
        shown = client.get("/page")
        assert (shown.text, shown.headers["content-type"]) == ("<p>hi</p>", "text/html; charset=utf-8")
        sent = client.get("/away")
        assert (sent.status_code, sent.headers["location"]) == (302, "/page")
        assert client.get("/away", follow_redirects=True).text == "<p>hi</p>"


def test_no_chunk_is_longer_than_asked_for_and_none_is_lost() -> None:
    """What `iter_content` yields, joined, is the stream."""
    with TestClient(basics.api, use_http_layer=True) as client:
        response = client.get("/events", stream=True)
        chunks = list(response.iter_content(chunk_size=64, decode_unicode=True))

    assert "".join(chunks) == "".join(f"data: Event {i}\n\n" for i in range(10))
    assert max(map(len, chunks)) <= 64


def test_events_of_a_sync_generator() -> None:
    """Server-sent events work with both kinds of generator."""
    api = BoltAPI()

    @api.get("/events")
    def events() -> Any:
        def generate() -> Iterator[str]:
            for i in range(3):
                yield f"data: Event {i}\n\n"

        return sse.StreamingResponse(generate(), media_type="text/event-stream")

    with TestClient(api, use_http_layer=True) as client, client.sse("/events") as source:
        assert [event.data for event in source] == ["Event 0", "Event 1", "Event 2"]


def test_slow_events_come_as_they_are_produced() -> None:
    """The first event is here although the stream takes ten seconds."""
    with TestClient(sse.api, timeout=5) as client:
        response = client.get("/events", stream=True)

        assert next(response.iter_content(decode_unicode=True)) == "data: Event 0\n\n"
