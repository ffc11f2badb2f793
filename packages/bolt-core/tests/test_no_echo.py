"""No reply to a wrong request repeats what was sent, beyond a short piece, or says what went wrong inside."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Literal

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_core.params import Cookie, File, Form, Header, Query
from bolt_core.responses import JSON, Response, StreamingResponse
from bolt_core.shorten import LIMIT
from bolt_core.uploads import UploadFile
from raw_client import Served
from test_refusals import UNPARSED

pytestmark = pytest.mark.usefixtures("registries")

# Long enough to be cut where a short piece may be repeated, and telling where it began and ended.
MARKER = "marker-" + "0123456789abcdef" * 64
PIECE = MARKER[: LIMIT + 1]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"

INSIDE = "secret-of-/srv/app-SELECT-password"


class Item(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=5, pattern="^[a-z]+$")]
    price: int
    tags: list[int] = []


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    word: Annotated[str, msgspec.Meta(max_length=5)]
    colour: Literal["red", "blue"] = "red"
    many: list[int] = []


def _text(name: str, value: str) -> str:
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _file(field: str, kind: str = "text/plain", content: str = MARKER) -> str:
    head = f'--XX\r\nContent-Disposition: form-data; name="{field}"; filename="{MARKER}.{MARKER}"\r\n'
    return f"{head}Content-Type: {kind}\r\n\r\n{content}\r\n"


_PAIRS = ("number", "word", "colour", "many", MARKER)

FORMS = {
    "fields": (URLENCODED, "&".join(f"{name}={MARKER}" for name in _PAIRS)),
    "no text": (URLENCODED, f"{MARKER}=%FF&number={MARKER}%FF"),
    "charset": (f"{URLENCODED}; charset={MARKER}", "a=b"),
    "too many": (URLENCODED, f"{MARKER[:9]}=&" * 1001),
    "parts": (
        MULTIPART,
        "".join(_text(name[:1000], MARKER) for name in _PAIRS) + _file("file", content="1") + "--XX--\r\n",
    ),
    "no end": (MULTIPART, _text(MARKER, MARKER)),
    "no disposition": (MULTIPART, f"--XX\r\nX-{MARKER}: {MARKER}\r\n\r\n{MARKER}\r\n--XX--\r\n"),
    "no boundary": ("multipart/form-data", MARKER),
    "large file": (MULTIPART, _file("file") + "--XX--\r\n"),
    "files": (MULTIPART, _file("files", content="1") * 3 + "--XX--\r\n"),
    "type of a file": (MULTIPART, _file("files", f"image/{MARKER}", "1") + "--XX--\r\n"),
}

MODELS = {
    "the query": (f"/query-model?number={MARKER}&{MARKER}={MARKER}&x=", ""),
    "header fields": ("/header-model", "".join(f"{name}: {MARKER}\r\n" for name in _PAIRS[:4])),
    "cookies": ("/cookie-model", f"Cookie: {'; '.join(f'{name}={MARKER}' for name in _PAIRS)}\r\n"),
}

BODIES = {
    "no json": MARKER,
    "cut json": f'{{"name": "{MARKER}',
    "another type": f'"{MARKER}"',
    "wrong members": f'{{"name": "{MARKER}", "price": "{MARKER}", "{MARKER}": 1, "tags": ["{MARKER}"]}}',
    "unknown member": f'{{"name": "a", "price": 1, "{MARKER}": "{MARKER}"}}',
    "deep": "[" * 2000 + f'"{MARKER}"',
}


def wrong_requests() -> dict[str, bytes]:
    """Requests that are refused, the marker in all that a client can choose."""
    cookie = f"Cookie: session={MARKER}\r\nAuthorization: Bearer {MARKER}\r\nX-Number: {MARKER}\r\nX-{MARKER}: 1\r\n"
    fields = f"Host: test\r\n{cookie}"

    def request(method: str, path: str, body: str = "", more: str = "Content-Type: application/json\r\n") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{method} {path}?q={MARKER}&{MARKER}=1 HTTP/1.1\r\n{fields}{more}{length}\r\n{body}".encode()

    requests = {f"body: {name}": request("POST", "/items", body) for name, body in BODIES.items()}
    for name, (kind, body) in FORMS.items():
        requests[f"form: {name}"] = request("POST", "/form", body, f"Content-Type: {kind}\r\n")
    for source, (path, more) in MODELS.items():
        requests[f"model of {source}"] = request("GET", path, "", more)
    return requests | {
        "no route": request("GET", f"/{MARKER}"),
        "no method": request(MARKER[:40], "/items"),
        "method of a path": request("DELETE", f"/items/{MARKER}"),
        "another host": request("GET", "/items").replace(b"Host: test", f"Host: {MARKER[:60]}.example".encode()),
        "path": request("GET", f"/items/{MARKER}"),
        "query": request("GET", "/query"),
        "header and cookie": request("GET", "/fields"),
        "no content type": request("POST", "/items", "{}", ""),
        "another content type": request("POST", "/items", MARKER, f"Content-Type: text/{MARKER}\r\n"),
        "large body": request("POST", "/items", MARKER * 20),
        "bad chunk": request("POST", "/items", "", "Transfer-Encoding: chunked\r\n") + MARKER.encode() + b"\r\n",
        "expectation": request("GET", "/items", "", f"Expect: {MARKER}\r\n"),
        "coding": request("GET", "/items", "", f"Transfer-Encoding: {MARKER}\r\n"),
        "malformed field": f"GET / HTTP/1.1\r\n{fields}bad field {MARKER}\r\n\r\n".encode(),
        "malformed line": f"{MARKER} \x01\r\n\r\n".encode(),
        "malformed target": f"GET {MARKER} HTTP/1.1\r\n{fields}\r\n".encode(),
        "two lengths": f"GET / HTTP/1.1\r\n{fields}Content-Length: {MARKER}\r\n\r\n".encode(),
        "version": f"GET /{MARKER} HTTP/3.0\r\n{fields}\r\n".encode(),
        "large head": f"GET /{MARKER} HTTP/1.1\r\n{fields}X: {MARKER * 40}\r\n\r\n".encode(),
        "long line": f"GET /{MARKER * 10} HTTP/1.1\r\n{fields}\r\n".encode(),
        **{f"raised: {name}": request("GET", f"/raise/{name}/{MARKER}") for name in RAISED},
    }


def _unsendable(request: Any) -> Any:
    return Response(headers={"x": f"{request.path}\r\n"})


def _stream(request: Any) -> Any:
    async def pieces() -> AsyncIterator[str]:
        raise LookupError(request.path + INSIDE)
        yield ""

    return StreamingResponse(pieces())


def _sync_stream(request: Any) -> Any:
    def pieces() -> Iterator[str]:
        raise LookupError(request.path + INSIDE)
        yield ""

    return StreamingResponse(pieces())


def _raises(exc_type: type[Exception]) -> Callable[[Any], Any]:
    def fail(request: Any) -> Any:
        raise exc_type(f"{request.path} {request.query_string} {dict(request.headers)} {INSIDE}")

    return fail


RAISED: dict[str, Callable[[Any], Any]] = {
    "lookup": _raises(LookupError),
    "value": _raises(ValueError),
    "os": _raises(OSError),
    "stream": _stream,
    "sync-stream": _sync_stream,
    "header": _unsendable,
    "unencodable": lambda request: {"x": {request.path: object()}},
    "json": lambda request: JSON({request.path: object()}),
    "model": lambda request: {"name": request.path, "price": request.path},
}


def add_models(api: BoltAPI) -> None:
    """Routes that read a model from each source."""

    @api.get("/query-model")
    async def query_model(fields: Annotated[Fields, Query()]) -> None: ...

    @api.get("/header-model")
    async def header_model(fields: Annotated[Fields, Header()]) -> None: ...

    @api.get("/cookie-model")
    async def cookie_model(fields: Annotated[Fields, Cookie()]) -> None: ...


def api_of_everything(**options: Any) -> BoltAPI:
    api = BoltAPI(**options)

    @api.post("/items")
    async def create(item: Item) -> None: ...

    @api.get("/items/{item_id}")
    async def item(item_id: int) -> None: ...

    @api.get("/query")
    async def query(q: Annotated[int, Query()], missing: str) -> None: ...

    @api.get("/fields")
    async def fields(x_number: Annotated[int, Header()], session: Annotated[int, Cookie()]) -> None: ...

    @api.post("/form")
    async def form(
        fields: Annotated[Fields, Form()],
        file: Annotated[UploadFile, File(max_size=100)],
        files: Annotated[list[UploadFile], File(max_files=2, allowed_types=["text/plain"])],
    ) -> None: ...

    add_models(api)

    def failing(fail: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def fails(request: Any) -> Any:
            return fail(request)

        return fails

    for name, fail in RAISED.items():
        model: Any = {"response_model": Item} if name == "model" else {}
        api.get(f"/raise/{name}/{{rest:path}}", **model)(failing(fail))
    return api


@pytest.mark.parametrize("options", [{}, {"problem_details": True}], ids=["detail", "problem"])
@pytest.mark.parametrize("case", wrong_requests())
def test_nothing_is_echoed(case: str, options: dict[str, Any], served: Callable[..., Served]) -> None:
    """Neither the marker beyond a short piece, nor the text of an exception."""
    config = ServerConfig(max_body_size=4000, allowed_hosts=("test",))
    client = served(api_of_everything(**options), config).begin(wrong_requests()[case])
    reply = client.answer()
    content_type = "application/problem+json" if options else "application/json"

    assert 400 <= reply.status <= 599
    assert reply.headers["content-type"] == content_type
    said = reply.body.decode() + "".join(f"{name}: {value}\n" for name, value in reply.headers.items())
    assert PIECE not in said
    for hidden in ("secret-of", "SELECT", "/srv", "/items", "Bearer"):
        assert hidden not in said
    if not case.startswith(("body", "path", "query", "header", "form", "model")):
        assert "marker-" not in said


def test_the_cases_are_what_they_say(served: Callable[..., Served]) -> None:
    """Each status that the engine and the framework refuse with is among them."""
    config = ServerConfig(max_body_size=4000, allowed_hosts=("test",))
    server = served(api_of_everything(), config)
    statuses = {server.begin(data).answer().status for data in wrong_requests().values()}

    assert statuses >= {400, 404, 405, 413, 414, 415, 417, 422, 431, 500, 501, 505}
    assert {status for status, _ in UNPARSED.values()} <= statuses


def test_forms_and_models_are_refused_for_what_they_are(served: Callable[..., Served]) -> None:
    """None of them is turned down before it is read."""
    server = served(api_of_everything(), ServerConfig(allowed_hosts=("test",)))
    statuses: dict[int, set[str]] = {}
    for name, data in wrong_requests().items():
        if name.startswith(("form", "model")):
            statuses.setdefault(server.begin(data).answer().status, set()).add(name.split(": ")[-1])

    assert statuses == {
        400: {"no text", "charset", "no end", "no disposition", "no boundary"},
        413: {"too many", "large file", "files"},
        415: {"type of a file"},
        422: {"fields", "parts", "model of the query", "model of header fields", "model of cookies"},
    }
