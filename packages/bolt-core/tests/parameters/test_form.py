"""Values, files and models from forms."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.param_functions import File, Form
from bolt_core.uploads import UploadFile
from raw_client import Answer, Served

BOUNDARY = "b"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"


class Profile(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=2)]
    ages: list[int] = []
    photo: UploadFile | None = None


@pytest.fixture
def send(served: Callable[..., Served]) -> Callable[..., Answer]:
    """Sends a form."""
    api = BoltAPI()

    @api.post("/one")
    async def one(n: int = Form(ge=1), tags: list[str] = Form("tag", default=[])) -> Any:
        return [n, tags]

    @api.post("/model")
    async def model(profile: Profile = Form()) -> Any:
        photo = profile.photo
        return [profile.name, profile.ages, photo and [photo.name, photo.read().decode()]]

    @api.post("/files")
    async def files(files: list[UploadFile] = File("f", min_length=2), raw: bytes | None = File(default=None)) -> Any:
        return [[file.name for file in files], raw]

    client = served(api)

    def ask(path: str, body: str, content_type: str) -> Answer:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return client.send((head + body).encode())

    return ask


def multipart(*parts: tuple[str, str | None, str]) -> str:
    lines = []
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        lines.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{content}\r\n')
    return "".join(lines) + f"--{BOUNDARY}--\r\n"


def told(answer: Answer) -> list[Any]:
    assert answer.status == 422
    return [(one["loc"], one["type"]) for one in answer.json()["detail"]]


def test_fields_are_read_from_both_encodings(send: Callable[..., Answer]) -> None:
    """Repeated ones fill a list."""
    assert send("/one", "n=2&tag=a&tag=b+c", URLENCODED).json() == [2, ["a", "b c"]]
    assert send("/one", multipart(("n", None, "2"), ("tag", None, "a")), MULTIPART).json() == [2, ["a"]]
    assert told(send("/one", "n=0", URLENCODED)) == [(["form", "n"], "greater_than_equal")]


def test_a_model_may_hold_files(send: Callable[..., Answer]) -> None:
    """Among fields and lists."""
    body = multipart(("name", None, "ann"), ("ages", None, "1"), ("ages", None, "2"), ("photo", "a.png", "png"))

    assert send("/model", body, MULTIPART).json() == ["ann", [1, 2], ["a.png", "png"]]
    assert send("/model", "name=ann", URLENCODED).json() == ["ann", [], None]


def test_every_wrong_field_of_a_model_is_told(send: Callable[..., Answer]) -> None:
    """Names that it forbids among them."""
    assert told(send("/model", "name=a&ages=1&ages=x&z=1", URLENCODED)) == [
        (["form", "name"], "too_short"),
        (["form", "ages", 1], "int_parsing"),
        (["form", "z"], "unexpected"),
    ]


def test_missing_files_are_told(send: Callable[..., Answer]) -> None:
    """None at all, and too few."""
    assert told(send("/files", "a=1", URLENCODED)) == [(["file", "f"], "missing")]
    assert told(send("/files", multipart(("f", "a", "1")), MULTIPART)) == [(["file", "f"], "too_short")]
    assert send("/files", multipart(("f", "a", "1"), ("f", "b", "2")), MULTIPART).json() == [["a", "b"], None]


def test_another_type_is_no_form(send: Callable[..., Answer]) -> None:
    """JSON does not reach a handler of forms."""
    assert send("/one", '{"n":1}', "application/json").status == 415
