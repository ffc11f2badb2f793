"""The address of a request."""

import pytest
from bolt_core.urls import URL, absolute, split_host


def test_is_text_with_named_parts() -> None:
    """A URL is a str; its parts are attributes."""
    url = URL("https://Shop.example:8443/a%20b/?q=1&r=2#top")

    assert url == "https://Shop.example:8443/a%20b/?q=1&r=2#top"
    assert isinstance(url, str)
    assert (url.scheme, url.netloc, url.host, url.port) == ("https", "Shop.example:8443", "shop.example", 8443)
    assert (url.path, url.query, url.fragment) == ("/a%20b/", "q=1&r=2", "top")
    assert url.hostname == url.host


def test_a_url_names_no_port_of_its_scheme() -> None:
    """Without a port in the text there is none, and an IPv6 host loses its brackets."""
    assert URL("http://example.com/").port is None
    assert (URL("http://[::1]:80/").host, URL("http://[::1]:80/").port) == ("::1", 80)


@pytest.mark.parametrize(
    ("location", "made"),
    [
        ("/login/", "http://test/login/"),
        ("edit", "http://test/a/edit"),
        ("../b", "http://test/b"),
        ("?page=2", "http://test/a/x?page=2"),
        ("//other/x", "http://other/x"),
        ("https://other/x", "https://other/x"),
        ("/ä b?q=<>", "http://test/%C3%A4%20b?q=%3C%3E"),
        ("/a%20b", "http://test/a%20b"),
        ("", "http://test/a/x"),
    ],
)
def test_a_location_becomes_absolute(location: str, made: str) -> None:
    """Seen from the request's path, as RFC 3986 §5 resolves references; what a URI may not hold is quoted."""
    assert absolute("http://test", "/a/x", location) == made


@pytest.mark.parametrize(
    ("host", "scheme", "parts"),
    [
        ("example.com", "http", ("example.com", "80")),
        ("example.com", "https", ("example.com", "443")),
        ("example.com:8000", "https", ("example.com", "8000")),
        ("[::1]", "http", ("[::1]", "80")),
        ("[::1]:8000", "http", ("[::1]", "8000")),
    ],
)
def test_a_host_has_a_name_and_a_port(host: str, scheme: str, parts: tuple[str, str]) -> None:
    """The port is the scheme's where the host names none."""
    assert split_host(host, scheme) == parts
