"""Route paths: what is accepted, what is refused and with which words."""

import pytest
from bolt_core.paths import check_method, check_prefix, parse_path


@pytest.mark.parametrize(
    ("path", "names", "shape"),
    [
        ("/", (), "/"),
        ("/a/b", (), "/a/b"),
        ("/a/", (), "/a/"),
        ("/users/{user_id}", ("user_id",), "/users/{}"),
        ("/{a}/x/{b}/", ("a", "b"), "/{}/x/{}/"),
        ("/img-{id}.png", ("id",), "/img-{}.png"),
        ("/files/{rest:path}", ("rest",), "/files/{:path}"),
    ],
)
def test_a_path_is_taken_apart(path: str, names: tuple[str, ...], shape: str) -> None:
    """Names come in order; the shape forgets them."""
    template = parse_path(path)

    assert (template.path, template.names, template.shape) == (path, names, shape)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("users", "must start with '/'"),
        ("", "must start with '/'"),
        (5, "must be a string"),
        ("/a?b=1", "must not contain '?'"),
        ("/a#b", "must not contain '#'"),
        ("/a b", "must not contain ' '"),
        ("/a\n", "must not contain"),
        ("/a\\b", "must not contain"),
        ("/a/../b", "must not contain the segment '..'"),
        ("/{id", "unbalanced braces"),
        ("/id}", "unbalanced braces"),
        ("/x{id}}", "unbalanced braces"),
        ("/{a}{b}", "holds more than one parameter"),
        ("/x{rest:path}", "must be a segment of its own"),
        ("/{rest:path}.x", "must be a segment of its own"),
        ("/{}", "needs the name of a Python parameter"),
        ("/{1a}", "needs the name of a Python parameter"),
        ("/{id:int}", "the converter 'int' does not exist; write '{id}'"),
        ("/{rest:path}/more", "must stand last"),
        ("/{id}/{id}", "names its parameter 'id' twice"),
    ],
)
def test_a_path_that_cannot_work_is_refused(path: str, words: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(ValueError) as caught:
        parse_path(path)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("written", "routed"),
    [
        ("/café", "/caf%C3%A9"),
        ("/a%20b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/%7eA%41%c3%a9", "/~AA%C3%A9"),
        ("/é-{id}", "/%C3%A9-{id}"),
        ("/~x/@y:z", "/~x/@y:z"),
        ('/"q"', "/%22q%22"),
    ],
)
def test_literals_are_percent_encoded(written: str, routed: str) -> None:
    """Routes are matched against the path as sent, so literals are stored as clients send them (RFC 3986 §3.3)."""
    assert parse_path(written).path == routed


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("api", "must start with '/'"),
        ("/api/", "must not end with '/'"),
        ("/", "must not end with '/'"),
        (None, "string"),
    ],
)
def test_a_prefix_that_cannot_work_is_refused(prefix: str, words: str) -> None:
    """A prefix starts with a slash and ends without one."""
    with pytest.raises(ValueError) as caught:
        check_prefix(prefix)

    assert words in str(caught.value)


def test_nothing_may_follow_the_rest_of_the_path() -> None:
    """A prefix cannot hold a `:path` parameter."""
    with pytest.raises(ValueError, match="nothing could follow it"):
        check_prefix("/{rest:path}")


def test_standard_methods_may_be_written_in_any_case() -> None:
    """Methods are case-sensitive (RFC 9110 §9.1), so only those we know are corrected."""
    assert [check_method("get"), check_method("PURGE"), check_method("Purge")] == ["GET", "PURGE", "Purge"]


@pytest.mark.parametrize("method", ["", "GET POST", "GÉT", "A,B", 5])
def test_a_method_that_is_no_token_is_refused(method: str) -> None:
    """RFC 9110 §5.6.2 says what a token is."""
    with pytest.raises(ValueError, match="no HTTP method"):
        check_method(method)
