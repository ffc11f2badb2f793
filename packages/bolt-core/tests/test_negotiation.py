"""Accept, as RFC 9110 §12.5.1 reads it."""

import pytest
from bolt_core.negotiation import accepts, preferred

OFFERS = ("application/json", "application/msgpack")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/msgpack, */*;q=0.1", "application/msgpack"),
        ("application/json;q=0, */*", "application/msgpack"),
        ("application/json;q=0.2, application/*;q=0.9", "application/msgpack"),
        ("APPLICATION/MSGPACK", "application/msgpack"),
        ("application/json; charset=utf-8; q=0.3, application/msgpack;q=0.2", "application/json"),
        ("application/msgpack;q=abc", "application/msgpack"),
        ("text/html", None),
        ("application/json;q=0", None),
        (";;,/", None),
    ],
)
def test_the_most_specific_range_decides(accept: str | None, chosen: str | None) -> None:
    """And the server's order where the client has none."""
    assert preferred(accept, OFFERS) == chosen


@pytest.mark.parametrize(
    ("header", "media_type", "taken"),
    [
        ("*/*", "application/json", True),
        ("application/json", "application/json", True),
        ("Application/JSON; q=0.5", "application/json", True),
        ("text/html, application/json;q=0.1", "application/json", True),
        ("text/*", "text/html", True),
        ("text/*", "application/json", False),
        ("text/html", "text/plain", False),
        ("text/html;q=0, */*", "text/html", False),
        ("text/html;q=0, */*", "text/plain", True),
        ("*/*;q=0, text/html", "text/html", True),
        ("text/html;q=much", "text/html", True),
        ("", "text/html", False),
        (",;,", "text/html", False),
    ],
)
def test_a_media_type_is_accepted(header: str, media_type: str, taken: bool) -> None:
    """RFC 9110 §12.5.1: a weight of 0 refuses, a malformed one counts as none, the nearest range wins."""
    assert accepts(header, media_type) is taken
