"""Types of fields: forward references, inheritance, threads."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, NamedTuple, Optional, TypedDict

import msgspec
import pytest
from bolt_serializers import DeclarationError, Meta, Serializer, ValidationError, field_validator


class Tree(Serializer):
    value: int
    children: list["Tree"] = []
    later: Optional["Later"] = None


class Later(Serializer):
    tree: Tree | None = None
    name: str = ""

    @field_validator("name")
    def strip(cls, value):
        return value.strip()


def test_references_to_itself_and_to_later_classes():
    """A class refers to itself and to one defined later in its module, whose validators run."""
    made = Tree.validate_json(b'{"value":1,"children":[{"value":2}],"later":{"name":" x ","tree":{"value":3}}}')
    assert made.children == [Tree(2)]
    assert made.later == Later(Tree(3), "x")
    with pytest.raises(ValidationError) as caught:
        Tree.validate({"value": 1, "children": [{"value": 2, "children": [{"value": "x"}]}]})
    assert caught.value.errors()[0]["loc"] == ("children", 0, "children", 0, "value")


def test_local_classes():
    """Classes inside a function refer to each other, in either order."""

    class First(Serializer):
        second: "Second | None" = None
        n: int = 0

    class Second(Serializer):
        first: "First | None" = None

    made = First.validate({"second": {"first": {"n": 1}}})
    assert made.second == Second(First(n=1))


def test_unknown_names_are_told_when_the_class_is_used():
    """A type that never comes to exist is an error that names field and remedy, once the class is used."""

    class Lost(Serializer):
        a: "Nowhere"  # noqa: F821

    with pytest.raises(DeclarationError, match=r"Lost\.a.*Nowhere.*import or define"):
        Lost.validate({})


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Movie(TypedDict):
    title: str


class Pair(NamedTuple):
    a: int
    b: str


class Plain(msgspec.Struct):
    n: Annotated[int, Meta(ge=0)]


class Holder(Serializer):
    point: Point | None = None
    movie: Movie | None = None
    pair: Pair | None = None
    plain: Plain | None = None
    points: list[Point] = []


@pytest.mark.parametrize(
    "data",
    [
        {"point": {"x": 1, "y": 2}},
        {"movie": {"title": "t"}},
        {"pair": [1, "b"]},
        {"plain": {"n": 1}},
        {"points": [{"x": 1, "y": 2}]},
    ],
)
def test_other_records_nest_in_serializers(data):
    """Dataclasses, TypedDicts, NamedTuples and Structs are read, written and dumped inside a serializer."""
    made = Holder.validate(data)
    assert Holder.validate_json(made.to_json()) == made
    assert Holder.validate_json(msgspec.json.encode(data)) == made
    assert made.dump(exclude_defaults=True, json=True) == data
    name = next(iter(data))
    if name != "pair":
        assert made.to_dict()[name] == data[name]


@pytest.mark.parametrize(
    ("data", "loc"),
    [
        ({"point": {"x": "a"}}, ("point", "x")),
        ({"movie": {"title": 3}}, ("movie", "title")),
        ({"pair": [1, 2]}, ("pair", 1)),
        ({"plain": {"n": -1}}, ("plain", "n")),
        ({"points": [{"y": 2}]}, ("points", 0, "x")),
    ],
)
def test_problems_inside_other_records(data, loc):
    """What is wrong inside them is told where it stands."""
    with pytest.raises(ValidationError) as caught:
        Holder.validate(data)
    assert [one["loc"] for one in caught.value.errors()] == [loc]


def test_serializers_nest_in_other_records():
    """A serializer inside a dataclass, TypedDict or Struct runs its validators."""

    @dataclasses.dataclass
    class Data:
        later: Later

    class Struct(msgspec.Struct):
        later: Later

    for type_ in (Data, Struct):
        assert msgspec.convert({"later": {"name": " a "}}, type_).later.name == "a"

    class Outer(Serializer):
        data: Data

    assert Outer.validate({"data": {"later": {"name": " a "}}}).data.later.name == "a"


def test_attrs_classes_nest():
    """attrs classes nest like dataclasses."""
    attrs = pytest.importorskip("attrs")

    @attrs.define
    class Attr:
        x: int

    class Outer(Serializer):
        attr: Attr

    made = Outer.validate_json(b'{"attr":{"x":1}}')
    assert made.attr == Attr(1)
    assert made.to_json() == b'{"attr":{"x":1}}'
    assert made.to_dict() == {"attr": {"x": 1}}
    with pytest.raises(ValidationError, match=r"attr\.x"):
        Outer.validate({"attr": {"x": "a"}})


def late_classes():
    """Two classes, the first of which is known to msgspec only when it is used."""

    class Early(Serializer):
        later: "list[Other]" = []
        n: int = 0

    class Other(Serializer):
        early: "Early | None" = None
        name: str = ""

        @field_validator("name")
        def strip(cls, value):
            return value.strip()

    return Early, Other


def test_two_threads_use_a_class_first_at_once():
    """A class whose types are resolved late can be used first by many threads at once."""
    data = {"later": [{"name": " a ", "early": {"n": 3}}]}
    for _ in range(5):
        early, other = late_classes()
        barrier = threading.Barrier(4)

        def use(class_=early, barrier=barrier):
            barrier.wait()
            return [class_.validate_json(msgspec.json.encode(data)), class_.validate(data)]

        with ThreadPoolExecutor(4) as pool:
            made = [one for future in [pool.submit(use) for _ in range(4)] for one in future.result()]
        assert all(one.later == [other(early(n=3), "a")] for one in made)


def test_a_function_that_makes_classes_twice():
    """Classes of a function's second call refer to each other, and not to those of the first."""
    kept = late_classes()
    early, other = late_classes()
    assert type(early.validate({"later": [{}]}).later[0]) is other
    assert type(kept[0].validate({"later": [{}]}).later[0]) is not None
