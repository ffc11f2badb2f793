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


class Named(Serializer):
    name: str


def _field_without_a_type():
    class Made(Serializer):
        name = field(alias="n")


def _default_without_a_type():
    class Made(Named):
        name = "x"


def _method_in_place_of_a_field():
    class Made(Named):
        def name(self):
            return "x"


def _validator_called_as_its_field():
    class Made(Serializer):
        name: str

        @field_validator("name")
        def name(cls, value):
            return value


def _validator_called_as_a_field_of_a_base():
    class Made(Named):
        @field_validator("name")
        @classmethod
        def name(cls, value):
            return value


def _computed_field_called_as_a_method():
    class Made(Serializer):
        @computed_field
        def dump(self) -> int:
            return 1


def _field_called_as_a_property():
    class Made(Serializer):
        fields_set: int


def _field_called_field_sets():
    class Made(Serializer):
        field_sets: dict[str, int]


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (_field_without_a_type, r"Made\.name: field\(\) without a type; write name: its type = field"),
        (_default_without_a_type, r"Made\.name takes the place of a field of a base; .* write name: its type = "),
        (_method_in_place_of_a_field, r"Made\.name takes the place of a field of a base"),
        (_validator_called_as_its_field, r"Made\.name\(\) is a validator, and a field has that name; rename it"),
        (_validator_called_as_a_field_of_a_base, r"Made\.name\(\) is a validator"),
        (_computed_field_called_as_a_method, r"Made\.dump: every Serializer has dump itself; .*computed_field\(alias="),
        (_field_called_as_a_property, r"Made\.fields_set: every Serializer has fields_set itself"),
        (_field_called_field_sets, r"Made\.field_sets: every Serializer has field_sets itself"),
    ],
)
def test_names_that_would_not_reach_their_field(declare, message):
    """What the body of a class says under the name of a field reaches that field, or is refused."""
    with pytest.raises(DeclarationError, match=message):
        declare()


type Endless = dict[str, Endless] | int


def test_an_alias_that_holds_itself():
    """msgspec cannot decode it, and the class says which field has it."""
    with pytest.raises(DeclarationError, match=r"Made\.data: its type is an alias that holds itself"):

        class Made(Serializer):
            data: Endless
