"""Response classes."""

from typing import Any

import pytest
from bolt_core.responses import HTML, JSON, PlainText, Redirect, Response, StreamingResponse


@pytest.mark.parametrize(
    ("response", "content_type"),
    [
        (PlainText("x"), "text/plain; charset=utf-8"),
        (HTML("x"), "text/html; charset=utf-8"),
        (JSON({}), "application/json"),
        (Response("x", media_type="text/csv"), "text/csv; charset=utf-8"),
        (Response(b"x", media_type="text/csv"), "text/csv"),
        (Response(b"x", media_type="image/png"), "image/png"),
        (PlainText("x", media_type="text/x; charset=latin-1"), "text/x; charset=latin-1"),
        (StreamingResponse([]), "text/plain; charset=utf-8"),
        (StreamingResponse([], media_type="text/event-stream"), "text/event-stream"),
    ],
)
def test_the_content_type_names_what_was_encoded(response: Response, content_type: str) -> None:
    """`charset=utf-8` stands where this package encoded the text."""
    assert response.fields() == [("content-type", content_type)]


def test_a_response_without_media_type_sends_none() -> None:
    """Nothing is guessed."""
    assert Response(b"x").fields() == []


def test_a_content_type_among_the_headers_wins() -> None:
    """In any spelling."""
    assert JSON({}, headers={"Content-Type": "application/problem+json"}).fields() == [
        ("Content-Type", "application/problem+json")
    ]


def test_headers_may_be_pairs_so_that_names_repeat() -> None:
    """As cookies need."""
    assert Response(headers=[("set-cookie", "a"), ("set-cookie", "b")]).fields() == [
        ("set-cookie", "a"),
        ("set-cookie", "b"),
    ]


@pytest.mark.parametrize("content", ["é", "é".encode(), bytearray("é".encode()), memoryview("é".encode())])
def test_text_and_bytes_are_content(content: Any) -> None:
    """Text is UTF-8."""
    assert Response(content).content == "é".encode()


@pytest.mark.parametrize("content", [5, {"a": 1}, None])
def test_other_content_is_refused_with_the_remedy(content: Any) -> None:
    """Data belongs into JSON()."""
    with pytest.raises(TypeError, match="use JSON"):
        PlainText(content)


@pytest.mark.parametrize("status", [100, 199, 600, "200", True])
def test_an_impossible_status_is_refused(status: Any) -> None:
    """A final response has 200 to 599."""
    with pytest.raises(ValueError, match="200 to 599"):
        Response(status_code=status)


def test_a_redirect_is_302_with_its_location() -> None:
    """As Django's `redirect()`."""
    response = Redirect("/café?q=a b#x")

    assert response.status_code == 302
    assert response.fields() == [("location", "/caf%C3%A9?q=a%20b#x")]


def test_a_redirect_cannot_split_the_reply() -> None:
    """A line break in the address is encoded."""
    assert Redirect("/x\r\nset-cookie: a=1").fields()[0][1] == "/x%0D%0Aset-cookie:%20a=1"


def test_a_redirect_keeps_what_is_encoded() -> None:
    """An encoded address is not encoded again."""
    assert Redirect("https://example.com/a%2Fb").fields()[0][1] == "https://example.com/a%2Fb"


def test_a_redirect_needs_a_redirecting_status() -> None:
    """200 with a Location redirects nobody."""
    with pytest.raises(ValueError, match="301, 302, 303, 307 or 308"):
        Redirect("/", status_code=200)


@pytest.mark.parametrize("content", ["text", b"bytes", {"a": 1}, 5])
def test_a_stream_takes_pieces(content: Any) -> None:
    """A string would be sent character by character."""
    with pytest.raises(TypeError, match="StreamingResponse takes"):
        StreamingResponse(content)


def test_a_stream_of_an_uncalled_function_says_so() -> None:
    """The commonest mistake names its remedy."""

    def generate() -> Any:
        yield "x"

    with pytest.raises(TypeError, match=r"call the function: StreamingResponse\(generate\(\)\)"):
        StreamingResponse(generate)
