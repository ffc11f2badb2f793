"""Fields, constructors, validators and derived classes of serializers have types."""

from typing import Annotated, Any, assert_type

from bolt_serializers import (
    Meta,
    Partial,
    Serializer,
    ValidationError,
    computed_field,
    field,
    field_validator,
    model_validator,
)


class User(Serializer):
    name: str
    age: Annotated[int, Meta(ge=0)] = 0
    id: int = field(read_only=True, default=0)
    tags: list[str] = field(default_factory=list)

    @field_validator("name")
    def strip(cls, value: str) -> str:
        return value.strip()

    @model_validator
    def check(self) -> None:
        assert_type(self.age, int)

    @computed_field
    def shout(self) -> str:
        return self.name.upper()


class Article(Serializer):
    id: int = field(read_only=True)
    title: str = field(description="Shown in lists")
    body: str
    words: int = 0


class Page[T](Serializer):
    items: list[T]
    total: int = 0


user = User("Ada", age=3)
assert_type(user, User)
assert_type(Article(1, "T", "b").body, str)
Article(1, "T")  # type: ignore[call-arg]
assert_type(user.name, str)
assert_type(user.tags, list[str])
assert_type(User.validate({}), User)
assert_type(User.validate_json(b""), User)
assert_type(User.validate_many([]), list[User])
assert_type(User.from_model(object()), User)
assert_type(user.to_dict(), dict[str, Any])
assert_type(user.to_json(), bytes)
assert_type(User.only("name"), type[User])
assert_type(User.partial(), type[User])
assert_type(User.dump_many([user]), list[dict[str, Any]])
assert_type(user.fields_set, frozenset[str])
assert_type(Page[User].validate({}).items, list[User])
User(3)  # type: ignore[arg-type]
User()  # type: ignore[call-arg]
User("a", nope=1)  # type: ignore[call-arg]
_ = user.nope  # type: ignore[attr-defined]


def update(data: Partial[User]) -> None:
    assert_type(data.name, str)


async def ask() -> None:
    assert_type(await User.avalidate({}), User)


def tell(error: ValidationError) -> None:
    assert_type(error.errors()[0]["loc"], tuple[str | int, ...])
    assert_type(error.errors()[0]["ctx"], dict[str, Any])
