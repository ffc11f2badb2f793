"""The header fields of a request."""

from bolt_core.request import Headers, parse_cookies


def test_headers_ignore_case() -> None:
    """Repeated fields are joined, and each value can be had."""
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("cookie", "b=2")])

    assert headers["X-a"] == "1, 2"
    assert headers["COOKIE"] == "a=1; b=2"
    assert headers.get_all("X-A") == ["1", "2"]
    assert (list(headers), len(headers), "X-A" in headers, 1 in headers) == (["x-a", "cookie"], 2, True, False)
    assert headers.items_raw()[1] == ("x-a", "2")


def test_cookies_are_read_leniently() -> None:
    """As browsers and Django do: quotes are taken off, a name may be empty, the last of a repeated name counts."""
    assert parse_cookies(['a="x\\054y"; b=1;; =2', "b=3; alone"]) == {"a": "x,y", "b": "3", "": "alone"}
