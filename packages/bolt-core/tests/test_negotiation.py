"""Accept, as RFC 9110 §12.5.1 reads it."""

import pytest
from bolt_core.negotiation import preferred

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
