"""Objects without any framework as data. Django's are looked at in bolt-django."""

import enum
from typing import Any

import pytest
from bolt_serializers import ConstructionError, Serializer, field


class Thing:
    """Has what it is given."""

    def __init__(self, **members: Any) -> None:
        self.__dict__ |= members


class Colour(enum.Enum):
    RED = "red"


class Node(Serializer):
    name: str
    parent: "Node | None" = None


@pytest.mark.parametrize("names", [("text", "colour"), ("colour", "text")])
def test_two_fields_of_one_source(names):
    """Each field reads an attribute as its own type asks."""
    hints = {"text": str, "colour": Colour}
    namespace = {"__annotations__": {name: hints[name] for name in names}}
    namespace |= {name: field(source="it") for name in names}
    made = type(Serializer)("Both", (Serializer,), namespace).from_model(Thing(it=Colour.RED))
    assert (made.text, made.colour) == ("red", Colour.RED)


def test_rows_with_keys():
    """A key in a row stands for a field that takes a key, and for no object."""

    class Author(Serializer):
        name: str

    class Nested(Serializer):
        author: Author | None = None

    class Keyed(Serializer):
        author: int

    assert Nested.from_model({"author_id": 3}).author is None
    assert Keyed.from_model({"author_id": 3}).author == 3


@pytest.mark.parametrize("owner", [Thing(address=None), {"address": None}, Thing(address={"city": None})])
def test_none_on_a_path(owner):
    """A path that ends too early is the default where there is one, else None; None at its end is None."""

    class Required(Serializer):
        city: str | None = field(source="address.city.name")

    class Optional(Serializer):
        city: str = field(source="address.city.name", default="?")

    assert Required.from_model(owner).city is None
    assert Optional.from_model(owner).city == "?"
    assert Required.from_model(Thing(address=Thing(city=Thing(name=None)))).city is None


def test_what_a_dict_holds():
    """A dict may hold objects, whose methods are called."""

    class Out(Serializer):
        city: str = field(source="owner.city")

    class Owner:
        def city(self):
            return "Vienna"

    assert Out.from_model({"owner": Owner()}).city == "Vienna"
    assert Out.from_model({"owner__city": "Graz"}).city == "Graz"


@pytest.mark.parametrize("make", [Thing, Node])
def test_objects_that_hold_themselves(make):
    """They are an error that says so."""
    one = make(name="a", parent=None)
    one.parent = one
    for read in (Node.from_model, lambda value: Node.from_models([value])):
        with pytest.raises(ConstructionError, match="holds itself"):
            read(one)


def test_properties_that_fail():
    """An AttributeError of a property is its own, not an attribute that is missing."""

    class Broken:
        @property
        def name(self):
            raise AttributeError("inside")

    class Out(Serializer):
        name: str = "x"

    with pytest.raises(AttributeError, match=r"^inside$"):
        Out.from_model(Broken())
