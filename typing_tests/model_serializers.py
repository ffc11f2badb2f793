"""A serializer of a model: declared fields have types, and those that the model says are anything to type checkers."""

from typing import Any, assert_type

from bolt_django.serializers import ModelSerializer
from bolt_serializers import Partial, computed_field, field
from django.contrib.auth.models import Group


class GroupSerializer(ModelSerializer):
    title: str = field(source="name")
    members: list[int] = field(source="user_set", read_only=True, default_factory=list)

    @computed_field
    def shout(self) -> str:
        return self.title.upper()

    class Meta:
        model = Group
        fields = ("id", "title", "permissions")


group = GroupSerializer.validate({"title": "a"})
assert_type(group, GroupSerializer)
assert_type(group.title, str)
assert_type(group.members, list[int])
assert_type(GroupSerializer.from_model(object()), GroupSerializer)
assert_type(GroupSerializer.from_models([]), list[GroupSerializer])
assert_type(GroupSerializer.only("title"), type[GroupSerializer])
# Of the model, which type checkers do not read: it may be anything, and is no argument that they know.
assert_type(group.permissions, Any)
GroupSerializer("a", permissions=[])  # type: ignore[call-arg]
GroupSerializer(title=3)  # type: ignore[arg-type]


def change(data: Partial[GroupSerializer]) -> None:
    assert_type(data.title, str)


def save() -> None:
    assert_type(group.create(), Any)
    assert_type(group.update(Group()), Any)
    assert_type(group.save(), Any)


async def asave() -> None:
    assert_type(await group.acreate(owner=1), Any)
    assert_type(await group.aupdate(Group()), Any)
    assert_type(await GroupSerializer.afrom_model(object()), GroupSerializer)
