"""Async validators."""

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
