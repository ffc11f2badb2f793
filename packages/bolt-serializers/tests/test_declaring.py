"""Declarations: what the body of a class may say, and what is told of mistakes."""

from typing import Annotated, ClassVar

import pytest
from bolt_serializers import DeclarationError, Meta, Serializer, computed_field, field, field_validator


def declare(**members):
    """A class called Made with annotated *members*: (type, value)."""
    namespace = {"__module__": __name__, "__qualname__": "Made", "__annotations__": {}}
    for name, (type_, *value) in members.items():
        if type_ is not None:
            namespace["__annotations__"][name] = type_
        if value:
            namespace[name] = value[0]
    return type(Serializer)("Made", (Serializer,), namespace)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"a": (list[int], [1])}, r"Made.*default"),
        ({"a": (int,), "check": (None, field_validator("b")(lambda cls, value: value))}, r"Made.*'b'.*there are: a"),
        ({"a": (int, field(alias="x")), "b": (int, field(alias="x"))}, r"Made.*'a' and 'b'.*'x'"),
        ({"a": (int, field(alias="b")), "b": (int, field(alias="c"))}, r"Made.*another alias"),
        ({"validate": (int,)}, r"Made\.validate.*alias"),
        ({"dump": (int,)}, r"Made\.dump.*alias"),
        ({"a": (object(),)}, r"Made"),
        ({"a": (type("Custom", (), {}),)}, r"Made\.a.*Custom.*use a Serializer"),
        ({"a": (Annotated[str, Meta(ge=3)],)}, r"Made"),
        ({"full": (None, computed_field(lambda self: 1))}, r"Made\.full.*return annotation"),
        ({"a": (int,), "field_sets": (None, {"list": ("b",)})}, r"field_sets\['list'\].*b"),
        ({"a": (int,), "field_sets": (None, {"list": "a"})}, r"field_sets\['list'\]"),
    ],
)
def test_mistakes_name_class_field_and_remedy(members, told):
    """A wrong declaration is an error when the class is made, which names class and field."""
    with pytest.raises(DeclarationError, match=told):
        declare(**members)


@pytest.mark.parametrize(
    "options",
    [
        {"default": 1, "default_factory": int},
        {"read_only": True, "write_only": True},
        {"read_only": True, "exclude": True},
        {"source": "a..b"},
    ],
)
def test_options_that_contradict(options):
    """Options of field() that contradict each other are a DeclarationError."""
    with pytest.raises(DeclarationError):
        field(**options)


@pytest.mark.parametrize("option", ["array_like", "nonsense"])
def test_unknown_class_options(option):
    """An option that no Serializer has is named."""
    with pytest.raises(DeclarationError, match=option):

        class Made(Serializer, **{option: True}):
            a: int


def test_unions_of_untagged_structs():
    """A union of classes that data could not tell apart is a DeclarationError naming the field."""

    class One(Serializer):
        a: int

    class Two(Serializer):
        b: int

    with pytest.raises(DeclarationError, match=r"Either.*\n?.*"):

        class Either(Serializer):
            item: One | Two


def test_computed_fields_have_no_validators():
    """A validator of a computed field is a DeclarationError."""
    with pytest.raises(DeclarationError, match="computed"):

        class Made(Serializer):
            a: int

            @computed_field
            def twice(self) -> int:
                return self.a * 2

            @field_validator("twice")
            def check(cls, value):
                return value


def test_class_variables_and_methods_are_no_fields():
    """Class variables, methods and properties stay what they are."""

    class Made(Serializer):
        limit: ClassVar[int] = 3
        a: int

        @property
        def double(self):
            return self.a * self.limit

    assert Made(2).double == 6
    assert Made(2).to_dict() == {"a": 2}


def test_fields_of_a_base_can_be_declared_again():
    """A subclass gives a field another type, default or alias."""

    class Base(Serializer):
        a: int
        b: str = "b"

    class Below(Base):
        a: str = "x"
        c: int = field(default=1, alias="see")

    assert Below().to_dict() == {"a": "x", "b": "b", "c": 1}
    assert Below.validate({"a": "y", "see": 2}).c == 2


@pytest.mark.parametrize(
    ("rename", "wire"),
    [("camel", "firstName"), ("kebab", "first-name"), ("pascal", "FirstName"), (str.upper, "FIRST_NAME")],
)
def test_rename(rename, wire):
    """A class renames its fields in JSON; an alias of a field goes before that."""

    class Made(Serializer, rename=rename):
        first_name: str
        other: int = field(default=1, alias="o_o")

    made = Made.validate({wire: "a"})
    assert made.dump(by_alias=True) == {wire: "a", "o_o": 1}
    assert made.dump() == {"first_name": "a", "other": 1}
