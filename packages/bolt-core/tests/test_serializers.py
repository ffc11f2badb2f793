"""Serializers as bodies, parameters and replies of handlers."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from bolt_core import BoltAPI
from bolt_core.binding import serializers
from bolt_core.exceptions import ConfigError
from bolt_core.params import Body, Query
from bolt_serializers import (
    Serializer,
    ValidationError,
    computed_field,
    field,
    field_validator,
    model_validator,
)
from bolt_serializers.decoding import Decoding
from raw_client import Answer, Served


class Author(Serializer):
    name: str
    password: str = field(write_only=True, default="")


class FullAuthor(Author):
    secret: str = "s"

    @computed_field
    def loud(self) -> str:
        return self.name.upper()


class Book(Serializer):
    title: str
    author: Author


class UserCreate(Serializer):
    id: int = field(read_only=True)
    name: str
    email: str

    @field_validator("name", mode="before")
    def strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("email")
    def validate_email(cls, value: str) -> str:
        if "@" not in value:
            raise ValueError("Invalid email")
        return value.lower()

    @model_validator
    def no_root(self) -> None:
        if self.name == "root":
            raise ValueError("No root")


class Unique(Serializer):
    email: str

    @field_validator("email")
    async def is_free(cls, value: str) -> str:
        if value == "taken":
            raise ValidationError("Taken", type="unique")
        return value


class Search(Serializer):
    q: str
    page: int = 1

    @field_validator("q")
    def not_bad(cls, value: str) -> str:
        if value == "bad":
            raise ValueError("Bad q")
        return value


class Broken(Serializer):
    number: int

    @field_validator("number")
    def breaks(cls, value: int) -> int:
        raise KeyError("broken")


class Person:
    name = "Ann"


api = BoltAPI()


class Lax(Serializer, strict=False):
    number: int
    other: int


@api.post("/lax")
async def lax(data: Lax) -> Lax:
    return data


@api.post("/users")
async def create(data: UserCreate) -> dict[str, Any]:
    return data.to_dict()


@api.post("/users/many")
def create_many(data: list[UserCreate]) -> int:
    return len(data)


@api.post("/unique")
async def unique(data: Unique) -> Unique:
    return data


@api.get("/search")
def search(query: Annotated[Search, Query()]) -> Search:
    return query


@api.get("/book", response_model=Book)
async def book() -> Any:
    return Book(title="T", author=FullAuthor(name="Ann", password="p"))


@api.get("/author", response_model=Author)
async def author() -> Any:
    return FullAuthor(name="Ann", password="p")


@api.get("/plain")
async def plain() -> Any:
    return [FullAuthor(name="Ann", password="p")]


@api.get("/objects", response_model=list[Author])
async def objects() -> Any:
    return [Person(), {"name": "Bob"}, Author(name="Cid")]


@api.get("/misfit", response_model=Book)
async def misfit() -> Any:
    return {"title": 1}


@api.get("/constructed")
async def constructed() -> Any:
    return Book(title=1, author=None)  # type: ignore[arg-type]


@api.get("/validated")
async def validated() -> Any:
    return Author.validate({})


@api.post("/broken")
async def broken(data: Broken) -> Any:
    return data


class Client:
    """Sends JSON to the application above."""

    def __init__(self, server: Served) -> None:
        self._server = server

    def get(self, path: str) -> Answer:
        return self._server.get(path)

    def post(self, path: str, body: Any) -> Answer:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "Content-Type: application/json"
        head = f"POST {path} HTTP/1.1\r\nHost: test\r\n{kind}\r\nContent-Length: {len(sent)}\r\n\r\n"
        return self._server.send(head.encode() + sent)


@pytest.fixture
def client(served: Callable[..., Served]) -> Client:
    return Client(served(api))


def _wrong(response: Answer) -> list[tuple[Any, str]]:
    assert response.status == 422
    return [(tuple(item["loc"]), item["type"]) for item in response.json()["detail"]]


def test_a_body_is_validated_and_its_read_only_fields_are_left_out(client):
    """A handler is given what validators made of the body, and no id that the client chose."""
    response = client.post("/users", {"id": 7, "name": " Ann ", "email": "A@X"})

    assert response.json() == {"name": "Ann", "email": "a@x"}


def test_types_and_validators_are_listed_together(client):
    """A wrong type of one field and a refusing validator of another are both told."""
    response = client.post("/users", {"name": 5, "email": "x"})

    assert _wrong(response) == [(("body", "name"), "type_error"), (("body", "email"), "value_error")]


def test_a_model_validator_speaks_of_the_whole_body(client):
    """What several fields break together is the body's own fault."""
    response = client.post("/users", {"name": "root", "email": "x@y"})

    assert response.json()["detail"] == [{"loc": ["body"], "msg": "No root", "type": "value_error"}]


def test_items_of_a_list_have_their_indexes(client):
    """Each wrong item of a list is told, with its index."""
    response = client.post("/users/many", [{"name": "a", "email": "b"}, {"name": "a", "email": "b@"}, {}])

    assert _wrong(response) == [
        (("body", 0, "email"), "value_error"),
        (("body", 2, "name"), "missing"),
        (("body", 2, "email"), "missing"),
    ]


def test_async_validators_run_before_the_handler(client):
    """An async validator's refusal is a 422 like any other."""
    assert _wrong(client.post("/unique", {"email": "taken"})) == [(("body", "email"), "unique")]
    assert client.post("/unique", {"email": "free"}).json() == {"email": "free"}


def test_a_def_handler_cannot_await_async_validators():
    """Registering one is an error that says what to do."""

    def handler(data: Unique) -> None: ...

    with pytest.raises(ConfigError, match="async validators a def handler cannot await; declare it async def"):
        BoltAPI().post("/")(handler)


def test_a_query_model_runs_its_validators(client):
    """A model of the query is validated as a whole, with the query as its place."""
    assert _wrong(client.get("/search?q=bad")) == [(("query", "q"), "value_error")]
    assert client.get("/search?q=ok&page=3").json() == {"q": "ok", "page": 3}


def test_a_derived_class_is_written_as_its_base(client):
    """A response model leaves out what a derived class adds, inside of another model, too."""
    assert client.get("/author").json() == {"name": "Ann"}
    assert client.get("/book").json() == {"title": "T", "author": {"name": "Ann"}}


def test_without_a_model_everything_that_is_written_leaves(client):
    """Computed fields are written, and what is write-only is not."""
    assert client.get("/plain").json() == [{"name": "Ann", "secret": "s", "loud": "ANN"}]


def test_objects_dicts_and_instances_become_the_model(client):
    """A list of any of them fits a list of the model."""
    assert client.get("/objects").json() == [{"name": "Ann"}, {"name": "Bob"}, {"name": "Cid"}]


@pytest.mark.parametrize("path", ["/misfit", "/constructed"])
def test_the_program_s_own_faults_are_500(client, path):
    """A result that does not fit, and a wrong construction, are no fault of the client's."""
    assert client.get(path).status == 500


def test_validation_in_a_handler_is_422(client):
    """What `validate` refuses inside a handler is told as if it were the body."""
    assert _wrong(client.get("/validated")) == [(("body", "name"), "missing")]


def test_any_other_exception_of_a_validator_is_its_own(client, caplog):
    """A KeyError of a validator is the server's fault, and is logged as it was raised."""
    assert client.post("/broken", {"number": 1}).status == 500
    assert caplog.records[-1].exc_info[0] is KeyError


def test_half_of_a_surrogate_pair_is_told_as_such(client):
    """A body whose text is no text is refused with the reason, whatever the decoder makes of it."""
    response = client.post("/users", b'{"name": "\\ud800"}')

    assert response.status == 400
    assert "half of a surrogate pair" in response.json()["detail"]


def test_what_a_lax_class_takes_is_not_told(client):
    """Of a refused body of a lax class only what it does not take is listed."""
    assert client.post("/lax", {"number": "1", "other": "2"}).json() == {"number": 1, "other": 2}
    assert [loc for loc, _ in _wrong(client.post("/lax", {"number": "1", "other": "x"}))] == [("body", "other")]


@pytest.mark.parametrize("annotation", [UserCreate, list[UserCreate], Annotated[UserCreate, Body(embed=True)]])
def test_a_body_is_compiled_once(annotation, monkeypatch):
    """What decodes a body also explains what is wrong with it."""
    made = []

    class Counted(Decoding):
        def __init__(self, *args, **options):
            made.append(args)
            super().__init__(*args, **options)

    monkeypatch.setattr(serializers, "Decoding", Counted)

    def handler(data) -> None: ...

    handler.__annotations__["data"] = annotation
    BoltAPI().post("/")(handler)
    assert len(made) == 1
