"""Async validators."""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from bolt_serializers import Serializer, ValidationError, field, field_validator, model_validator

pytestmark = pytest.mark.asyncio


class User(Serializer):
    name: str
    secret: str = field(write_only=True, default="")

    @field_validator("name", "secret")
    async def free(cls, value):
        if value == "taken":
            raise ValidationError("Taken", type="unique", ctx={"x": 1})
        if value == "boom":
            raise KeyError("boom")
        return value.lower()

    @model_validator
    async def whole(self):
        if self.name == "whole":
            raise ValueError("whole")


class Team(Serializer):
    users: list[User]


async def test_they_run_in_avalidate_only():
    """Async validators are awaited by avalidate, and by nothing else."""
    assert User.validate({"name": "taken"}).name == "taken"
    assert (await User.avalidate({"name": "ADA", "secret": "S"})).to_dict() == {"name": "ada", "secret": "s"}
    assert (await User.avalidate(b'{"name":"ADA"}')).name == "ada"


async def test_what_they_refuse_is_all_listed():
    """Every refusal is listed where it stands."""
    with pytest.raises(ValidationError) as caught:
        await Team.avalidate({"users": [{"name": "taken"}, {"name": "a"}, {"name": "whole"}]})
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [
        (("users", 0, "name"), "unique"),
        (("users", 2), "value_error"),
    ]


async def test_other_exceptions_propagate():
    """An exception that is no verdict propagates."""
    with pytest.raises(KeyError, match="boom"):
        await Team.avalidate({"users": [{"name": "boom"}]})


async def test_sync_problems_come_first():
    """Where the data is wrong no async validator runs."""
    with pytest.raises(ValidationError, match="type_error"):
        await User.avalidate({"name": 3})


async def test_values_are_stored_where_they_stand():
    """A value that a validator changes reaches a field that is frozen and never written."""

    class Frozen(Serializer, frozen=True):
        shown: str
        secret: str = field(write_only=True)

        @field_validator("*")
        async def upper(cls, value):
            return value.upper()

    made = await Frozen.avalidate({"shown": "a", "secret": "b"})
    assert (made.shown, made.secret) == ("A", "B")
    assert made.to_json() == b'{"shown":"A"}'


class Item(Serializer, frozen=True):
    name: str

    @field_validator("name")
    async def refuse(cls, value):
        raise ValueError("no")


class Pair(NamedTuple):
    item: Item


@dataclass
class Box:
    item: Item


@pytest.mark.parametrize(
    ("hint", "data", "loc"),
    [
        (set[Item], [{"name": "a"}], (0, "name")),
        (frozenset[Item], [{"name": "a"}], (0, "name")),
        (tuple[Item, ...], [{"name": "a"}], (0, "name")),
        (dict[str, Item], {"k": {"name": "a"}}, ("k", "name")),
        (Pair, [{"name": "a"}], (0, "name")),
        (Box, {"item": {"name": "a"}}, ("item", "name")),
    ],
)
async def test_they_run_in_whatever_holds_an_instance(hint, data, loc):
    """No container keeps an instance from its validators."""
    holder = type(Serializer)("Holder", (Serializer,), {"__annotations__": {"items": hint}})
    with pytest.raises(ValidationError) as caught:
        await holder.avalidate({"items": data})
    assert [one["loc"] for one in caught.value.errors()] == [("items", *loc)]


async def test_what_they_return():
    """None for a field that cannot be None, and another object for a whole model, are mistakes of the author."""

    class Forgets(Serializer):
        name: str

        @field_validator("name")
        async def check(cls, value):
            pass

    class Replaces(Serializer):
        name: str

        @model_validator
        async def check(self):
            return "other"

    with pytest.raises(TypeError, match=r"Forgets\.check\(\) returned None"):
        await Forgets.avalidate({"name": "a"})
    with pytest.raises(TypeError, match=r"Replaces\.check\(\) must return self or nothing"):
        await Replaces.avalidate({"name": "a"})
