"""Copies, pickles, comparisons and representations of instances."""

import copy
import gc
import pickle
import weakref
from typing import Any

import msgspec
import pytest
from bolt_serializers import UNSET, Serializer, computed_field, field, field_validator


class Account(Serializer):
    name: str
    id: int = field(read_only=True)
    password: str = field(write_only=True)
    note: str = field(default="", exclude=True)

    @field_validator("password")
    def mark(cls, value):
        return f"{value}!"

    @computed_field
    def shout(self) -> str:
        return self.name.upper()


class FrozenAccount(Account, frozen=True):
    pass


class Holder(Serializer):
    held: list[Account] = []


class Draft(Serializer):
    name: str | msgspec.UnsetType = UNSET


ACCOUNTS = [
    lambda: Account("ada", 7, "s", "n"),
    lambda: FrozenAccount("ada", 7, "s", "n"),
]
COPIERS = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("make", ACCOUNTS)
@pytest.mark.parametrize("copier", COPIERS)
def test_a_copy_holds_everything(make, copier):
    """A copy holds what is read-only, hidden and computed, and no validator runs again."""
    made = make()
    same = copier(made)
    assert same == made
    assert type(same) is type(made)
    assert (same.id, same.password, same.note, same.shout) == (7, "s!", "n", "ADA")
    assert same.to_json() == b'{"name":"ada","id":7,"shout":"ADA"}'


def test_a_copy_computes_from_itself():
    """What a copy computes is computed from the copy, also once the original is gone."""
    made = Account("ada", 7, "s")
    same = copy.copy(made)
    same.name = "bob"
    del made
    gc.collect()
    assert same.to_json() == b'{"name":"bob","id":7,"shout":"BOB"}'


def test_a_deep_copy_is_deep():
    """A deep copy holds copies."""
    made = Holder([Account("ada", 7, "s")])
    same = copy.deepcopy(made)
    same.held[0].name = "bob"
    assert made.held[0].name == "ada"
    assert same.held[0].password == "s!"


def test_cycles_are_copied_and_collected():
    """An instance that holds itself is copied as such, and the garbage collector frees the copy."""

    class Node(Serializer, weakref=True):
        other: Any = None

    node = Node()
    node.other = [node]
    same = copy.deepcopy(node)
    assert same.other[0] is same
    seen = weakref.ref(same)
    del same
    gc.collect()
    assert seen() is None


def test_replaced_values_are_validated():
    """`__replace__`, which copy.replace() calls, validates and keeps what is not replaced."""
    made = Account("ada", 7, "s", "n")
    other = made.__replace__(name="bob")
    assert (other.name, other.id, other.note, other.shout) == ("bob", 7, "n", "BOB")
    with pytest.raises(ValueError, match="name"):
        made.__replace__(name=3)
    with pytest.raises(TypeError, match="nope"):
        made.__replace__(nope=3)


def test_hidden_values_count_in_comparisons():
    """Instances are equal only where values that are never written are equal, too."""
    assert Account("ada", 7, "s") == Account("ada", 7, "s")
    assert Account("ada", 7, "s") != Account("ada", 7, "t")
    assert Account("ada", 7, "s", "n") != Account("ada", 7, "s", "m")
    assert Account("ada", 7, "s") != 3


def test_frozen_instances_have_a_hash():
    """A frozen instance with hidden fields can be put into a set."""

    class Key(Serializer, frozen=True):
        name: str
        secret: str = field(write_only=True)

    assert len({Key("a", "s"), Key("a", "s"), Key("a", "t")}) == 2


def test_an_instance_shows_nothing_hidden():
    """repr() shows neither hidden values nor computed ones."""
    assert repr(Account("ada", 7, "geheim")) == "Account(name='ada', id=7)"
    assert "geheim" not in repr(Holder([Account("ada", 7, "geheim")]))


def test_methods_of_the_author_stay():
    """A class with its own `__repr__` and `__eq__` keeps them, and so do its subclasses."""

    class Own(Serializer):
        secret: str = field(write_only=True)

        def __repr__(self):
            return "mine"

        def __eq__(self, other):
            return True

        __hash__ = None

    class Below(Own):
        other: str = field(write_only=True, default="")

    assert repr(Own("a")) == repr(Below("a")) == "mine"
    assert Own("a") == Own("b")
    assert Below("a") == Below("b")


def test_unset_values_survive_pickling():
    """What is `UNSET` is `UNSET` after pickling."""
    assert pickle.loads(pickle.dumps(Draft())).name is UNSET
