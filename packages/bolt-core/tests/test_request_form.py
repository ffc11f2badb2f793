"""`request.form()`, `POST` and `FILES`."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from bolt_core import BoltAPI, File, Form, MultiDict, Request
from bolt_core.uploads import UploadFile
from raw_client import Served
from request_reader import Asked

URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    b"--x--\r\n"
)


@pytest.fixture
def ask(served: Callable[..., Served]) -> Asked:
    """Reads a request inside a handler."""
    return Asked(served)


def read(request: Request) -> tuple[Any, ...]:
    """All that a request has of a form."""
    form = request.form()
    assert form is request.form()
    assert request.POST is request.POST
    return form, request.POST, request.FILES


def test_a_urlencoded_form(ask: Asked) -> None:
    """Its fields are in `form()` and `POST`, in multi-valued mappings that do not change."""
    form, post, files = ask(read, "POST", headers=URLENCODED, body=b"a=1&a=2&b=x+y")

    assert (form["a"], form.getlist("a"), form["b"]) == ("2", ["1", "2"], "x y")
    assert post == MultiDict([("a", "1"), ("a", "2"), ("b", "x y")])
    assert files == MultiDict()


def test_a_multipart_form(ask: Asked) -> None:
    """Text fields are in `POST`, files in `FILES`, both in `form()`."""
    form, post, files = ask(read, "POST", headers=MULTIPART, body=PARTS)

    assert post == MultiDict([("a", "1")])
    assert isinstance(files["f"], UploadFile)
    assert (files["f"].name, files["f"].read(), form["f"]) == ("f.txt", b"hello", files["f"])


def test_only_post_fills_post(ask: Asked) -> None:
    """As in Django; `form()` reads what other methods send."""
    form, post, files = ask(read, "PUT", headers=URLENCODED, body=b"a=1")

    assert form["a"] == "1"
    assert (len(post), len(files)) == (0, 0)


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_another_body_is_no_form(ask: Asked, headers: dict[str, str]) -> None:
    """Then all of them are empty."""
    assert [len(part) for part in ask(read, "POST", headers=headers, body=b'{"a": 1}')] == [0, 0, 0]


def test_a_malformed_form_is_400(ask: Asked) -> None:
    """Not a 500, and nothing is lost quietly."""
    with pytest.raises(Exception, match=r"."):
        ask(read, "POST", headers=MULTIPART, body=PARTS[:-9])

    assert ask.answer is not None
    assert ask.answer.status == 400


def test_a_form_parsed_while_it_arrived(served: Callable[..., Served]) -> None:
    """Beside declared fields the request has the whole form; its bytes are gone, which `body` says."""
    api, seen = BoltAPI(), list[Any]()

    @api.post("/")
    def handler(request: Request, a: Annotated[int, Form()], f: Annotated[UploadFile, File()]) -> None:
        seen.extend([a, f.read(), *read(request)])
        with pytest.raises(RuntimeError, match=r"use request\.form\(\)"):
            _ = request.body

    head = f"POST / HTTP/1.1\r\nHost: test\r\nContent-Type: {MULTIPART['Content-Type']}\r\n"
    answer = served(api).send(head.encode() + f"Content-Length: {len(PARTS)}\r\n\r\n".encode() + PARTS)

    assert answer.status == 204
    assert (seen[0], seen[1], seen[3]["a"], seen[4]["f"].read()) == (1, b"hello", "1", b"hello")


def test_a_streamed_body_is_no_form(served: Callable[..., Served]) -> None:
    """`form()` and `POST` say how to get one."""
    api = BoltAPI()

    @api.post("/", stream_body=True)
    async def handler(request: Request) -> list[str]:
        said = []
        for ask in (request.form, lambda: request.POST):
            try:
                ask()
            except RuntimeError as error:
                said.append(str(error))
        return said

    said = served(api).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx").json()
    assert len(said) == 2
    assert all("without stream_body=True" in words for words in said)
