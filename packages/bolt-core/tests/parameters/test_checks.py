"""Checks of the application's own, on parameters of every source."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.exceptions import ConfigError
from bolt_core.param_functions import Body, Cookie, File, Form, Header, Path, Query
from bolt_core.uploads import UploadFile
from bolt_serializers import Check, InvalidValue
from raw_client import Answer, Served

BOUNDARY = "b"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"


def no_x(value: str) -> None:
    if "x" in value:
        raise ValueError("has an x")


def no_nine(value: Any) -> bool:
    if value == 9:
        raise InvalidValue("is nine", "nine", {"not": 9})
    return False


def distinct(values: list[Any]) -> None:
    if len(set(values)) < len(values):
        raise ValueError("repeats itself")


def broken(value: Any) -> None:
    raise ZeroDivisionError(value)


Text = Annotated[str, Check(no_x, type="x")]
Broken = Annotated[int, Check(broken)]
Number = Annotated[int, msgspec.Meta(ge=0), Check(no_nine)]


class Filters(msgspec.Struct):
    text: Text = ""
    numbers: list[Number] = []


class Order(msgspec.Struct, rename="camel"):
    order_text: Text
    prices: list[Annotated[Decimal, msgspec.Meta(ge=0), Check(no_nine)]] = []
    notes: dict[Text, Number] = {}


def in_range(filters: Filters) -> None:
    if len(filters.text) < len(filters.numbers):
        raise ValueError("too many numbers")


def small(file: UploadFile) -> None:
    if file.size > 3:
        raise ValueError("is too long")


async def named(
    path: Annotated[Number, Path()],
    text: Text = "",
    numbers: Annotated[list[Number] | None, Check(distinct)] = None,
    price: Annotated[Decimal | None, Check(no_nine)] = None,
    either: Annotated[int, Check(no_nine)] | bool | None = None,
    pair: Annotated[tuple[Text, Number] | None, Query()] = None,
) -> Any:
    return [path, text, numbers, price, either, pair]


async def head(x_head: Annotated[Text, Header()], cookie: Annotated[Text, Cookie()]) -> Any:
    return [x_head, cookie]


async def filtered(filters: Annotated[Filters, Query(), Check(in_range)]) -> Any:
    return filters


async def form(text: Text = Form(), number: Number = Form(default=1)) -> Any:
    return [text, number]


async def files(
    file: Annotated[UploadFile | None, Check(small)] = None,
    more: Annotated[list[Annotated[UploadFile, Check(small)]], File()] = [],  # noqa: B006 - made anew
    raw: Annotated[bytes | None, File(), Check(lambda data: no_x(data.decode()))] = None,
) -> Any:
    return [file and file.size, [one.size for one in more], len(raw or b"")]


async def plain_body(order: Order) -> Any:
    return order


async def members(order: Order, number: Annotated[Number, Body()], text: Annotated[Text | None, Body()] = None) -> Any:
    return [order, number, text]


async def raw_text(text: Annotated[Text, Body()]) -> Any:
    return text


async def raw_bytes(data: Annotated[bytes, Body(min_length=1), Check(lambda data: no_x(data.decode()))]) -> Any:
    return data


async def result(text: str) -> list[Text]:
    return [text]


@pytest.fixture
def client(served: Callable[..., Served]) -> Served:
    """Serves them all."""
    api = BoltAPI()
    api.get("/named/{path}")(named)
    api.get("/head")(head)
    api.get("/filtered")(filtered)
    for function in (form, files, plain_body, members, raw_text, raw_bytes):
        api.post(f"/{function.__name__}")(function)
    api.get("/result")(result)
    return served(api)


def send(client: Served, path: str, content: Any, content_type: str = "application/json", fields: str = "") -> Answer:
    data = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
    if content_type == "application/msgpack":
        data = msgspec.msgpack.encode(content)
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
    return client.send(f"{head}{fields}\r\n".encode() + data)


def told(answer: Answer) -> list[Any]:
    """Where the problems are, and their types."""
    assert answer.status == 422, answer.json()
    return [(*problem["loc"], problem["type"]) for problem in answer.json()["detail"]]


def test_values_that_pass_are_passed_on(client: Served) -> None:
    """As they were read: a check changes nothing."""
    answer = client.get("/named/1?text=a&numbers=1&numbers=2&price=1.50&either=true&pair=a&pair=2")

    assert answer.json() == [1, "a", [1, 2], "1.50", True, ["a", 2]]
    assert client.get("/named/1").json() == [1, "", None, None, None, None]


def test_all_that_do_not_are_told(client: Served) -> None:
    """Of every source, the items of lists by their index, with the type of the check or of what it raised."""
    answer = client.get("/named/9?text=x&numbers=1&numbers=9&numbers=-1&price=9&pair=x&pair=9")
    headed = client.send(b"GET /head HTTP/1.1\r\nHost: test\r\nX-Head: x\r\nCookie: cookie=x\r\n\r\n")

    assert told(answer) == [
        ("path", "path", "nine"),
        ("query", "text", "x"),
        ("query", "numbers", 1, "nine"),
        ("query", "numbers", 2, "greater_than_equal"),
        ("query", "price", "nine"),
        ("query", "pair", 0, "x"),
        ("query", "pair", 1, "nine"),
    ]
    assert told(headed) == [("header", "x-head", "x"), ("cookie", "cookie", "x")]
    assert answer.json()["detail"][0] == {
        "loc": ["path", "path"],
        "msg": "is nine",
        "type": "nine",
        "ctx": {"not": 9},
    }


def test_a_list_may_be_checked_as_a_whole(client: Served) -> None:
    """After its items."""
    assert told(client.get("/named/1?numbers=2&numbers=2")) == [("query", "numbers", "value_error")]
    assert told(client.get("/named/1?numbers=9&numbers=9")) == [
        ("query", "numbers", 0, "nine"),
        ("query", "numbers", 1, "nine"),
    ]


def test_a_model_is_checked_by_field_and_as_a_whole(client: Served) -> None:
    """As a whole where its fields are right."""
    assert client.get("/filtered?text=ab&numbers=1").json() == {"text": "ab", "numbers": [1]}
    assert told(client.get("/filtered?text=x&numbers=9&numbers=1")) == [
        ("query", "text", "x"),
        ("query", "numbers", 0, "nine"),
    ]
    assert told(client.get("/filtered?text=a&numbers=1&numbers=2")) == [("query", "value_error")]


def test_forms_and_files_are_checked(client: Served) -> None:
    """A list of files one by one."""
    parts = [("file", "four"), ("more", "a"), ("more", "long"), ("raw", "x")]
    lines = [f'--b\r\nContent-Disposition: form-data; name="{n}"; filename="f"\r\n\r\n{c}\r\n' for n, c in parts]
    right = [line.replace("four", "f").replace("long", "l").replace("\r\n\r\nx", "\r\n\r\ny") for line in lines]

    assert told(send(client, "/form", "text=x&number=9", URLENCODED)) == [
        ("form", "text", "x"),
        ("form", "number", "nine"),
    ]
    assert send(client, "/form", "text=a&number=8", URLENCODED).json() == ["a", 8]
    assert told(send(client, "/files", "".join(lines) + "--b--\r\n", MULTIPART)) == [
        ("file", "file", "value_error"),
        ("file", "more", 1, "value_error"),
        ("file", "raw", "value_error"),
    ]
    assert send(client, "/files", "".join(right) + "--b--\r\n", MULTIPART).json() == [1, [1, 1], 1]


@pytest.mark.parametrize("media_type", ["application/json", "application/msgpack"])
def test_bodies_are_checked_at_any_depth(client: Served, media_type: str) -> None:
    """Alone, and beside what is wrong by its type; keys, too."""
    wrong = {"orderText": "x", "prices": ["1", "9", "-1"], "notes": {"x": 1, "a": 9}}
    found = [
        ("body", "orderText", "x"),
        ("body", "prices", 1, "nine"),
        ("body", "prices", 2, "greater_than_equal"),
        ("body", "notes", "x", "x"),
        ("body", "notes", "a", "nine"),
    ]

    assert told(send(client, "/plain_body", wrong, media_type)) == found
    worse = {**wrong, "notes": {**wrong["notes"], "b": "c"}}
    assert told(send(client, "/plain_body", worse, media_type)) == [*found, ("body", "notes", "b", "type_error")]
    right = {"orderText": "a", "prices": ["1"], "notes": {"a": 1}}
    assert send(client, "/plain_body", right, media_type).json() == right


def test_members_of_a_body_are_checked(client: Served) -> None:
    """Each by its name."""
    order = {"orderText": "a"}

    assert told(send(client, "/members", {"order": {"orderText": "x"}, "number": 9, "text": "x"})) == [
        ("body", "order", "orderText", "x"),
        ("body", "number", "nine"),
        ("body", "text", "x"),
    ]
    assert told(send(client, "/members", {"order": order, "number": 9, "text": 5})) == [
        ("body", "number", "nine"),
        ("body", "text", "type_error"),
    ]
    assert send(client, "/members", {"order": order, "number": 8}).json()[1:] == [8, None]


def test_a_body_as_it_came_is_checked(client: Served) -> None:
    """Text and bytes, beside their limits."""
    assert told(send(client, "/raw_text", "x", "text/plain")) == [("body", "x")]
    assert told(send(client, "/raw_bytes", "x", "text/plain")) == [("body", "value_error")]
    assert send(client, "/raw_text", "a", "text/plain").body == b"a"
    assert send(client, "/raw_bytes", "a", "text/plain").body == b"a"


def test_results_are_checked(client: Served) -> None:
    """What must not leave is a 500."""
    assert client.get("/result?text=a").json() == ["a"]
    assert client.get("/result?text=x").status == 500


def test_a_check_that_breaks_is_a_500(served: Callable[..., Served], caplog: pytest.LogCaptureFixture) -> None:
    """No fault of the client's: in a query, in a body, and where the body is wrong besides."""
    api = BoltAPI()

    @api.get("/query")
    async def query(one: Broken = 0, many: list[Broken] = []) -> Any: ...  # noqa: B006 - made anew

    @api.post("/body")
    async def whole(values: dict[str, list[Broken]]) -> Any: ...

    client = served(api)
    answers = [client.get("/query?one=1"), client.get("/query?many=1")]
    answers += [send(client, "/body", {"a": [1]}), send(client, "/body", {"a": [1], "b": 5})]

    assert [answer.status for answer in answers] == [500] * 4
    assert caplog.text.count("ZeroDivisionError: 1") == 4


def test_a_mistake_in_a_marker_names_it() -> None:
    """It is a `ConfigError`, as every mistake of a route."""
    with pytest.raises(ConfigError, match=r"Query\(\): multiple_of=0: give a number above 0"):
        Query(multiple_of=0)
