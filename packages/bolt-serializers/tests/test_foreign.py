"""pydantic's models inside a serializer."""

import pytest
from bolt_serializers import Serializer, ValidationError

pydantic = pytest.importorskip("pydantic")


class Point(pydantic.BaseModel):
    x: int


class Holder(Serializer):
    point: Point
    many: list[Point] = []
    by: dict[str, Point] = {}
    maybe: Point | None = None


def test_they_are_read_and_written():
    """A pydantic model is made of data and written as JSON."""
    made = Holder.validate_json(b'{"point":{"x":1},"many":[{"x":2}],"by":{"a":{"x":3}}}')
    assert made.point == Point(x=1)
    assert made.by == {"a": Point(x=3)}
    assert Holder.validate_json(made.to_json()) == made
    assert made.to_dict()["many"] == [{"x": 2}]
    assert made.dump()["point"] == {"x": 1}


def test_what_they_refuse_stands_in_its_place():
    """What pydantic refuses is told where it stands."""
    with pytest.raises(ValidationError) as caught:
        Holder.validate({"point": {"x": 1}, "many": [{"x": 1}, {"x": "a"}]})
    assert caught.value.errors()[0]["loc"] == ("many", 1, "x")
