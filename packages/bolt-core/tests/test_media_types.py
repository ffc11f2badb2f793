"""What a client accepts."""

import pytest
from bolt_core.media_types import accepts


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
        ("text/html;q=much", "text/html", False),
        ("", "text/html", False),
        (",;,", "text/html", False),
    ],
)
def test_the_most_specific_range_counts(header: str, media_type: str, taken: bool) -> None:
    """RFC 9110 §12.5.1: a weight of 0 refuses, and a nearer range wins over a wider one."""
    assert accepts(header, media_type) is taken
