"""Set-Cookie fields."""

import datetime as dt
import math
from typing import Any

import pytest
from bolt_core.request import parse_cookies
from bolt_core.responses import PlainText


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"value": "1", "samesite": None}, "a=1; Path=/"),
        ({"value": "1", "max_age": dt.timedelta(hours=1)}, "a=1; Max-Age=3600; Path=/; SameSite=Lax"),
        (
            {"value": "1", "expires": dt.datetime(2030, 1, 2, tzinfo=dt.UTC), "path": None},
            "a=1; Expires=Wed, 02 Jan 2030 00:00:00 GMT; SameSite=Lax",
        ),
        (
            {"value": "1", "samesite": "none", "secure": True, "partitioned": True, "domain": ".example.com"},
            "a=1; Domain=.example.com; Path=/; Secure; SameSite=None; Partitioned",
        ),
        (
            {"value": "1", "samesite": "strict", "httponly": True, "path": "/x"},
            "a=1; Path=/x; HttpOnly; SameSite=Strict",
        ),
    ],
)
def test_a_cookie_is_written_as_rfc_6265bis_has_it(options: dict[str, Any], field: str) -> None:
    """With every attribute."""
    response = PlainText("x")
    response.set_cookie("a", **options)

    assert response.headers["set-cookie"] == field


@pytest.mark.parametrize(
    "value", ["", "plain", "a b", 'quo"te', "a,b;c", "a\\b", "line\r\nbreak", "==", "caf\u00e9", "\x80\xff"]
)
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    """Quoted where it must be, as Django and http.cookies do."""
    response = PlainText("x")
    response.set_cookie("a", value)
    pair = response.headers["set-cookie"].split("; Path")[0]

    assert "\n" not in pair
    assert pair.isascii()
    assert parse_cookies([pair]) == {"a": value}


@pytest.mark.parametrize(
    ("key", "options", "why"),
    [
        ("", {}, "no token"),
        ("a b", {}, "no token"),
        ("a\r\nb", {}, "no token"),
        ("a", {"value": "\u20ac"}, "beyond ISO 8859-1"),
        ("a", {"max_age": math.inf}, "finite"),
        ("a", {"max_age": math.nan}, "finite"),
        ("a", {"expires": dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5)))}, "beyond the years"),
        ("a", {"value": "x" * 4096}, "4096"),
        ("a", {"path": "x"}, "path"),
        ("a", {"path": "/; Domain=evil"}, "path"),
        ("a", {"domain": "a;b"}, "domain"),
        ("a", {"expires": "soon"}, "no HTTP date"),
        ("a", {"samesite": "none"}, "secure=True"),
        ("a", {"samesite": "loose"}, "samesite"),
        ("a", {"partitioned": True}, "secure=True"),
        ("__Secure-a", {}, "secure=True"),
        ("__host-a", {"secure": True, "path": "/x"}, "path='/'"),
        ("__Host-a", {"secure": True, "domain": "example.com"}, "no domain"),
        ("__Http-a", {"secure": True}, "httponly=True"),
    ],
)
def test_a_cookie_that_browsers_would_ignore_is_an_error(key: str, options: dict[str, Any], why: str) -> None:
    """Named where it is made."""
    with pytest.raises(ValueError, match=why):
        PlainText("x").set_cookie(key, **options)


def test_deleting_a_cookie() -> None:
    """By an end in the past; a prefix keeps its promise."""
    response = PlainText("x")
    response.delete_cookie("a")
    response.delete_cookie("__Host-b")

    first, second = response.headers.get_all("set-cookie")
    assert first == 'a=""; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'
    assert "Secure" in second


@pytest.mark.parametrize("samesite", ["none", "None", "NONE"])
def test_deleting_a_cookie_of_other_sites(samesite: Any) -> None:
    """Is secure by itself, however its SameSite is written."""
    response = PlainText("x")
    response.delete_cookie("a", samesite=samesite)

    assert response.headers["set-cookie"].endswith("Path=/; Secure; SameSite=None")
