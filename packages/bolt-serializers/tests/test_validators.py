"""Validators: order, inheritance, and what their exceptions become."""

import traceback

import pytest
from bolt_serializers import (
    ConstructionError,
    DeclarationError,
    Serializer,
    ValidationError,
    field_validator,
    model_validator,
)


class User(Serializer):
    name: str
    email: str

    @field_validator("email")
    def validate_email(cls, value):
        if "@" not in value:
            raise ValueError("Invalid email")
        return value.lower()


def errors_of(call, *args):
    with pytest.raises(ValidationError) as caught:
        call(*args)
    return [(one["loc"], one["msg"], one["type"]) for one in caught.value.errors()]


def test_a_validator_gives_the_value():
    """The value that a validator returns is the field's, however the instance is made."""
    assert User("a", "A@B").email == "a@b"
    assert User.validate({"name": "a", "email": "A@B"}).email == "a@b"
    assert User.validate_json(b'{"name":"a","email":"A@B"}').email == "a@b"


def test_a_validator_can_be_called():
    """A validator is a method of its class, for tests and other validators."""
    assert User.validate_email("A@B") == "a@b"
    with pytest.raises(ValueError, match="Invalid email"):
        User.validate_email("nope")


def test_a_refusal_stands_at_its_field():
    """What a validator refuses is listed at the field."""
    wanted = [(("email",), "Invalid email", "value_error")]
    assert errors_of(User.validate, {"name": "a", "email": "x"}) == wanted
    assert errors_of(User.validate_json, b'{"name":"a","email":"x"}') == wanted
    assert errors_of(User, "a", "x") == wanted


def test_refusals_and_wrong_types_are_listed_together():
    """One answer lists wrong types, missing fields and every validator's refusal."""

    class Two(Serializer):
        a: int
        b: str
        c: str

        @field_validator("b", "c")
        def check(cls, value):
            raise ValueError("no")

    assert errors_of(Two.validate_json, b'{"a":"x","b":"","c":""}') == [
        (("a",), "Expected `int`, got `str`", "type_error"),
        (("b",), "no", "value_error"),
        (("c",), "no", "value_error"),
    ]


def test_refusals_inside_lists():
    """Refusals in nested instances stand at their index and field."""

    class Team(Serializer):
        members: list[User]

    data = b'{"members":[{"name":"a","email":"a@b"},{"name":"b","email":"x"},{"name":"c","email":"y"}]}'
    assert [loc for loc, *_ in errors_of(Team.validate_json, data)] == [
        ("members", 1, "email"),
        ("members", 2, "email"),
    ]


def test_model_validators_run_where_fields_are_right():
    """A validator of the whole runs only where every field is right."""
    ran = []

    class Pair(Serializer):
        a: int
        b: int

        @field_validator("a")
        def check(cls, value):
            if value <= 0:
                raise AssertionError("positive")
            return value

        @model_validator
        def order(self):
            ran.append(self.a)
            if self.a > self.b:
                raise ValueError("a is more than b")

    assert errors_of(Pair.validate, {"a": 0, "b": 1}) == [(("a",), "positive", "assertion_error")]
    assert ran == []
    assert errors_of(Pair.validate, {"a": 3, "b": 1}) == [((), "a is more than b", "value_error")]


def test_order_of_declaration_bases_first():
    """Validators of a base run first, then in the order in which they are written."""
    ran = []

    class Base(Serializer):
        a: str

        @field_validator("a")
        def first(cls, value):
            ran.append("first")
            return value

    class Below(Base):
        @field_validator("*")
        def second(cls, value):
            ran.append("second")
            return value

        @field_validator("a", mode="before")
        def earliest(cls, value):
            ran.append("earliest")
            return value

    Below("x")
    assert ran == ["earliest", "first", "second"]


def test_a_validator_of_the_same_name_takes_its_bases_place():
    """A subclass overrides a validator by its name, and removes it by a plain value."""

    class Upper(User):
        @field_validator("email")
        def validate_email(cls, value):
            return value.upper()

    class Without(User):
        validate_email = None

    assert Upper("a", "x").email == "X"
    assert Without("a", "x").email == "x"
    assert User("a", "X@").email == "x@"


def test_several_bases():
    """Validators of a base without fields join those of the base that has them."""

    class Stripping(Serializer):
        @field_validator("*")
        def strip(cls, value):
            return value.strip()

    class Named(Serializer):
        name: str

        @field_validator("name")
        def lower(cls, value):
            return value.lower()

    class Both(Stripping, Named):
        pass

    assert Both(" A ").name == "a"


def test_two_bases_with_fields():
    """Two bases with fields of their own are refused, with a remedy."""

    class One(Serializer):
        a: int

    class Two(Serializer):
        b: int

    with pytest.raises(DeclarationError, match=r"Both: .*derive from the other"):

        class Both(One, Two):
            pass


def test_before_validators_see_the_data():
    """A validator that runs before is given what the data holds, and may make it right."""

    class Tagged(Serializer):
        tags: list[str]

        @field_validator("tags", mode="before")
        def split(cls, value):
            return value.split(",") if isinstance(value, str) else value

        @model_validator(mode="before")
        def unwrap(cls, data):
            return data.get("item", data)

    assert Tagged.validate_json(b'{"item":{"tags":"a,b"}}').tags == ["a", "b"]
    assert Tagged("a,b").tags == ["a", "b"]
    assert errors_of(Tagged.validate, {"tags": 3}) == [(("tags",), "Expected `array`, got `int`", "type_error")]


def test_a_refusal_before_is_listed_with_the_others():
    """What is refused before is listed with what is wrong elsewhere."""

    class Two(Serializer):
        a: int
        b: int

        @field_validator("a", mode="before")
        def check(cls, value):
            raise ValidationError("bad", type="bad", ctx={"why": 1}, loc=("deep",))

    found = errors_of(Two.validate, {"a": 1, "b": "x"})
    assert found[0] == (("a", "deep"), "bad", "bad")
    assert found[1][0] == ("b",)


@pytest.mark.parametrize("kind", [TypeError, KeyError, RuntimeError, AttributeError])
@pytest.mark.parametrize("mode", ["before", "after"])
def test_other_exceptions_propagate_untouched(kind, mode):
    """An exception that is no verdict propagates itself, with the validator in its traceback."""

    class Broken(Serializer):
        a: list[int]

        @field_validator("a", mode=mode)
        def explode(cls, value):
            raise kind("boom")

    for call in (
        lambda: Broken([1]),
        lambda: Broken.validate({"a": [1]}),
        lambda: Broken.validate_json(b'{"a":[1]}'),
        lambda: Broken.validate_many([{"a": [1]}]),
    ):
        with pytest.raises(kind, match="boom") as caught:
            call()
        assert any(frame.name == "explode" for frame in traceback.extract_tb(caught.value.__traceback__))


def test_returning_nothing_names_the_validator():
    """A validator that forgets to return is told so, unless the field may be None."""

    class Forgetful(Serializer):
        a: int
        b: int | None = 3

        @field_validator("a", "b")
        def forget(cls, value):
            pass

    with pytest.raises(TypeError, match=r"forget\(\) returned None"):
        Forgetful(1)


def test_validation_errors_of_validators_keep_loc_type_and_ctx():
    """A ValidationError says where, of which type and against what."""

    class Taken(Serializer):
        name: str

        @model_validator
        def check(self):
            raise ValidationError("Taken", type="unique", loc=("name",), ctx={"by": 3})

    with pytest.raises(ValidationError) as caught:
        Taken.validate({"name": "a"})
    assert caught.value.errors() == [{"loc": ("name",), "msg": "Taken", "type": "unique", "ctx": {"by": 3}}]


def test_class_and_static_methods():
    """Validators may be written as class methods and static methods, in either order of decorators."""

    class Kinds(Serializer):
        a: int
        b: int
        c: int

        @field_validator("a")
        @classmethod
        def one(cls, value):
            return value + 1

        @field_validator("b")
        @staticmethod
        def two(value):
            return value + 2

        @classmethod
        @field_validator("c")
        def three(cls, value):
            return value + 3

    made = Kinds(0, 0, 0)
    assert (made.a, made.b, made.c) == (1, 2, 3)
    assert (Kinds.one(0), Kinds.two(0), Kinds.three(0)) == (1, 2, 3)


def test_model_validators_may_assign():
    """A model validator may assign, in a frozen class only by msgspec's own means, and returns self or nothing."""

    class Name(Serializer):
        first: str
        full: str = ""

        @model_validator(mode="after")
        def fill(self):
            self.full = f"{self.first}!"
            return self

    assert Name("a").full == "a!"

    class Wrong(Serializer):
        a: int

        @model_validator
        def give(self):
            return 3

    with pytest.raises(TypeError, match=r"give\(\) must return self"):
        Wrong(1)


def test_defaults_are_not_validated():
    """A default is trusted."""

    class Loose(Serializer):
        a: str = "bad"

        @field_validator("a")
        def check(cls, value):
            raise ValueError("no")

    assert Loose().a == "bad"
    with pytest.raises(ConstructionError):
        Loose("other")


@pytest.mark.parametrize(
    "declare",
    [
        lambda: field_validator(),
        lambda: field_validator(3),
        lambda: field_validator("a", mode="around"),
        lambda: model_validator(mode="wrap"),
    ],
)
def test_decorators_refuse_bad_arguments(declare):
    """A decorator without fields or with an unknown mode is a DeclarationError."""
    with pytest.raises(DeclarationError):
        declare()


def test_async_validators_cannot_run_before():
    """An async validator that is to run before is a DeclarationError."""
    with pytest.raises(DeclarationError, match="async"):

        class Early(Serializer):
            a: int

            @field_validator("a", mode="before")
            async def check(cls, value):
                return value


def test_validators_need_a_serializer():
    """A validator in a class that is no Serializer is told so."""
    with pytest.raises((DeclarationError, RuntimeError), match=r"no Serializer|__set_name__"):

        class Mixin:
            @field_validator("a")
            def check(cls, value):
                return value
