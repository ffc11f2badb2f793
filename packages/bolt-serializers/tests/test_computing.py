"""Computed fields."""

import msgspec
import pytest
from bolt_serializers import Serializer, computed_field, field
from bolt_serializers.encoding import JSON_ENCODER


class Name(Serializer, rename="camel"):
    first: str
    last: str = "L"

    @computed_field
    def full_name(self) -> str:
        return f"{self.first} {self.last}"

    @computed_field(alias="n")
    @property
    def length(self) -> int:
        return len(self.first)


def test_it_is_written_and_read_like_a_property():
    """A computed field is in JSON and in dumps, under its name there, and an attribute in Python."""
    made = Name("A")
    assert made.full_name == "A L"
    assert msgspec.json.decode(made.to_json()) == {"first": "A", "last": "L", "fullName": "A L", "n": 1}
    assert made.dump() == {"first": "A", "last": "L", "full_name": "A L", "length": 1}
    assert made.to_dict() == {"first": "A", "last": "L"}
    assert JSON_ENCODER.encode({"x": [made]}).count(b"fullName") == 1


def test_it_is_computed_each_time():
    """After an assignment it is computed anew."""
    made = Name("A")
    made.first = "BB"
    assert made.full_name == "BB L"
    assert b'"fullName":"BB L"' in made.to_json()


def test_it_is_never_taken():
    """Data, arguments and assignments do not set it."""
    assert Name.validate({"first": "A", "fullName": "X", "n": 9}).length == 1
    with pytest.raises(TypeError):
        Name("A", full_name="X")
    with pytest.raises(AttributeError, match="computed"):
        Name("A").full_name = "X"


def test_equality_and_frozen_classes():
    """Instances compare by what they hold; a frozen class computes, too."""

    class Point(Serializer, frozen=True):
        x: int

        @computed_field
        def square(self) -> int:
            return self.x**2

    assert Name("A") == Name("A")
    assert Name("A") != Name("B")
    assert {Point(2), Point(2)} == {Point(2)}
    assert Point(2).to_json() == b'{"x":2,"square":4}'


def test_it_may_use_what_is_hidden_and_is_inherited():
    """A computed field may use an excluded one; subclasses inherit and override it."""

    class Base(Serializer):
        raw: int = field(exclude=True)

        @computed_field
        def shown(self) -> int:
            return self.raw * 2

    class Below(Base):
        @computed_field
        def shown(self) -> int:
            return self.raw * 3

    class Same(Base):
        more: int = 0

    assert Base(2).to_json() == b'{"shown":4}'
    assert Below(2).dump() == {"shown": 6}
    assert Same(2).dump() == {"shown": 4, "more": 0}


def test_records_can_be_computed():
    """What is computed may be an instance or a list of them."""

    class Outer(Serializer):
        a: str

        @computed_field
        def names(self) -> list[Name]:
            return [Name(self.a)]

    assert b'"fullName":"x L"' in Outer("x").to_json()
    assert Outer("x").dump()["names"][0]["full_name"] == "x L"
