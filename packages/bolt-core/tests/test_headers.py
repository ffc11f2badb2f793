"""Header fields are checked before they leave."""

import pytest
from bolt_core.headers import ResponseHeaders, check_headers


def test_valid_fields_pass_unchanged() -> None:
    """Order and repetition stay."""
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-tab", "a\tb")]

    assert check_headers(fields) is fields


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb", "a\rb", "a\x00b", "\x7f", "\x1b[0m"])
def test_a_control_character_in_a_value_is_refused(value: str) -> None:
    """RFC 9110 §5.5: a line break would let content pass for fields."""
    with pytest.raises(ValueError, match="control character"):
        check_headers([("x-a", value)])


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\n", "é"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    """RFC 9110 §5.6.2."""
    with pytest.raises(ValueError, match="no token"):
        check_headers([(name, "x")])


def test_the_servers_own_fields_are_refused() -> None:
    """Framing is not a handler's business (RFC 9112 §6)."""
    with pytest.raises(ValueError, match="server's own business"):
        check_headers([("Transfer-Encoding", "chunked")])


def test_a_value_that_is_no_text_is_refused() -> None:
    """A number is not converted silently."""
    with pytest.raises(TypeError, match="must be str, not int"):
        check_headers([("x-count", 5)])  # type: ignore[list-item]


def test_response_headers_are_a_mapping() -> None:
    """By case-insensitive name; `add` repeats one."""
    headers = ResponseHeaders({"X-A": "1"})
    headers["x-a"] = "2"
    headers.add("Link", "a")
    headers.add("link", "b")
    headers.add_vary("Accept")
    headers.add_vary("accept")

    assert headers.fields() == [("x-a", "2"), ("Link", "a"), ("link", "b"), ("vary", "Accept")]
    assert (headers["LINK"], headers.get_all("link"), "X-A" in headers, len(headers)) == ("b", ["a", "b"], True, 3)
    del headers["link"]
    assert "link" not in headers
    with pytest.raises(KeyError):
        del headers["link"]
