"""Results: models from `response_model=` and return annotations."""

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Iterable, Iterator
from decimal import Decimal
from typing import Any, NewType, TypedDict

import msgspec
import pytest
from bolt_core.binding.results import compile_result
from bolt_core.binding.serializers import ResponseValidationError
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.responses import JSON, Redirect


class Public(msgspec.Struct):
    id: int
    name: str


class Private(Public):
    password: str = "hash"


class Team(msgspec.Struct):
    lead: Public
    members: list[Public] = []


@dataclasses.dataclass
class Point:
    x: int


class Movie(TypedDict):
    title: str


class Row:
    """What an ORM hands out: attributes, no mapping."""

    def __init__(self) -> None:
        self.id, self.name, self.password = 1, "a", "hash"


class Foreign:
    """A class that JSON cannot express, as an ORM's models are."""


@pytest.mark.parametrize(
    ("model", "result", "written"),
    [
        (Public, {"id": 1, "name": "a", "password": "hash"}, b'{"id":1,"name":"a"}'),
        (Public, Public(1, "a"), b'{"id":1,"name":"a"}'),
        (Public, Private(1, "a"), b'{"id":1,"name":"a"}'),
        (Public, Row(), b'{"id":1,"name":"a"}'),
        (list[Public], [Private(1, "a"), Row()], b'[{"id":1,"name":"a"},{"id":1,"name":"a"}]'),
        (
            Team,
            Team(Private(1, "a"), [Private(2, "b")]),
            b'{"lead":{"id":1,"name":"a"},"members":[{"id":2,"name":"b"}]}',
        ),
        (Team, {"lead": Private(1, "a")}, b'{"lead":{"id":1,"name":"a"},"members":[]}'),
        (Movie, {"title": "a", "secret": 1}, b'{"title":"a"}'),
        (Point, Point(1), b'{"x":1}'),
        (dict[str, int], {"a": 1}, b'{"a":1}'),
        (dict[str, int], {1: 1}, b'{"1":1}'),
        (dict, {"a": [1]}, b'{"a":[1]}'),
        (dict[str, Any], {"a": [1]}, b'{"a":[1]}'),
        (list, (1, "a"), b'[1,"a"]'),
        (list[Any], [1, "a"], b'[1,"a"]'),
        (Public | None, None, b"null"),
        (Decimal, Decimal("1.0"), b'"1.0"'),
    ],
)
def test_a_result_is_filtered_by_its_model(model: Any, result: Any, written: bytes) -> None:
    """No field leaves that the model does not name, at any depth and whatever the result is."""
    assert compile_result(UNSET, model).encode(result) == written
    assert compile_result(model).encode(result) == written


@pytest.mark.parametrize(
    ("model", "result"),
    [
        (Public, {"id": "1", "name": "a"}),
        (Public, {"id": 1}),
        (Public, Public("1", "a")),  # type: ignore[arg-type]
        (Team, Team(Public("1", "a"))),  # type: ignore[arg-type]
        (list[int], ["a"]),
        (dict[str, int], []),
        (dict, [1]),
        (list, {"a": 1}),
        (None, {"a": 1}),
        (Point, Point("x")),  # type: ignore[arg-type]
    ],
)
def test_a_result_of_another_shape_is_refused(model: Any, result: Any) -> None:
    """Also where an instance of the model itself holds wrong values."""
    with pytest.raises(ResponseValidationError):
        compile_result(model).encode(result)


def test_a_subclass_of_what_json_can_express_fits() -> None:
    """As the datetime of a test's frozen clock does."""

    class Frozen(dt.datetime):
        pass

    plan = compile_result(dict[str, dt.datetime])

    assert plan.encode({"at": Frozen(2026, 1, 1, tzinfo=dt.UTC)}) == b'{"at":"2026-01-01T00:00:00Z"}'


def test_a_result_of_a_union_is_taken_for_its_own_class() -> None:
    """Though another member would fit, with fewer fields."""
    plan = compile_result(Public | Private)

    assert plan.encode(Private(1, "a")) == b'{"id":1,"name":"a","password":"hash"}'
    assert plan.encode(Public(1, "a")) == b'{"id":1,"name":"a"}'


def test_structs_without_tags_may_be_a_result() -> None:
    """The first member of the union that fits counts."""

    class Created(msgspec.Struct):
        id: int

    class Failed(msgspec.Struct):
        reason: str

    plan = compile_result(Created | Failed)

    assert plan.encode(Created(1)) == b'{"id":1}'
    assert plan.encode({"reason": "x"}) == b'{"reason":"x"}'
    with pytest.raises(ResponseValidationError):
        plan.encode({"other": 1})


@pytest.mark.parametrize(
    "annotation",
    [
        UNSET,
        Any,
        object,
        JSON,
        JSON | Redirect,
        Foreign,
        list[Foreign],
        Iterator[str],
        AsyncIterator[bytes],
        Foreign | None,
    ],
)
def test_some_annotations_are_no_model(annotation: Any) -> None:
    """Response classes, streams and foreign classes leave the result alone."""
    plan = compile_result(annotation)

    assert plan.model is UNSET
    assert plan.validate is None
    assert plan.encode is plan.encode_plain


def test_response_classes_in_a_union_are_left_out_of_the_model() -> None:
    """`User | Redirect` validates users."""
    assert compile_result(Public | Redirect | None).model == Public | None


def test_an_explicit_none_switches_the_annotation_off() -> None:
    """For handlers whose annotation is for type checkers only."""
    assert compile_result(Public, None).validate is None


def test_a_response_model_that_cannot_be_validated_is_refused() -> None:
    """Here the author asked for validation, so silence would be wrong."""
    with pytest.raises(ConfigError, match="Foreign"):
        compile_result(UNSET, list[Foreign])


def test_only_a_none_annotation_means_no_content() -> None:
    """`-> None` is 204; no annotation is `null`."""
    assert compile_result(None).none_is_empty
    assert not compile_result(UNSET).none_is_empty


@pytest.mark.parametrize("annotation", [tuple, tuple[int, int], tuple[dict[str, int], int]])
def test_a_tuple_annotation_makes_tuples_bodies(annotation: Any) -> None:
    """Then `(x, 404)` is an array."""
    assert compile_result(annotation).tuple_is_body


def test_streams_of_bytes_are_told_from_streams_of_text() -> None:
    """By the annotation."""
    kinds = {Iterator[bytes]: "bytes", AsyncIterator[str]: "text", Iterator[Public]: "lines", Iterator[dict]: "lines"}
    for annotation, kind in kinds.items():
        items = compile_result(annotation).items
        assert items is not None
        assert items.kind == kind
    assert compile_result(Iterator).items is None


def test_an_iterable_is_also_the_annotation_of_a_list() -> None:
    """Whose items are checked and filtered."""
    assert compile_result(Iterable[Public]).encode([Private(1, "a")]) == b'[{"id":1,"name":"a"}]'


def test_new_types_and_their_models_work() -> None:
    """The model is what the alias stands for."""
    assert compile_result(NewType("PublicUser", Public)).encode(Private(1, "a")) == b'{"id":1,"name":"a"}'
