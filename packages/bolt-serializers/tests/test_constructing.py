"""Instances by a call of the class."""

from typing import Annotated

import pytest
from bolt_serializers import UNSET, ConstructionError, Meta, Serializer, ValidationError, field


class Person(Serializer, rename="camel"):
    first_name: str
    nick: str = "none"
    age: Annotated[int, Meta(ge=0)] = 1
    tags: list[str] = field(default_factory=list)


def test_arguments_by_position_name_and_alias():
    """Fields are given by position, by their Python name and by their name in JSON."""
    assert Person("Ada").first_name == "Ada"
    assert Person(first_name="Ada") == Person(firstName="Ada") == Person("Ada")
    assert Person("Ada", "a", 3).age == 3


@pytest.mark.parametrize(
    ("args", "kwargs", "told"),
    [
        ((1, 2, 3, 4, 5), {}, "positional"),
        (("a",), {"nope": 1}, "unexpected keyword argument 'nope'"),
        (("a",), {"first_name": "b"}, "multiple values"),
        ((), {"first_name": "b", "firstName": "c"}, "multiple values"),
    ],
)
def test_arguments_that_fit_no_field(args, kwargs, told):
    """Arguments that are no fields are a TypeError, as of any function."""
    with pytest.raises(TypeError, match=told):
        Person(*args, **kwargs)


def test_wrong_values_are_all_told():
    """A constructor tells of every wrong argument, by its name in JSON."""
    with pytest.raises(ConstructionError) as caught:
        Person(nick=3, age=-1)
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [
        (("firstName",), "missing"),
        (("nick",), "type_error"),
        (("age",), "greater_than_equal"),
    ]
    assert isinstance(caught.value, ValidationError)


def test_factories_make_a_value_each_time():
    """Two instances share no default."""
    one, other = Person("a"), Person("b")
    one.tags.append("x")
    assert other.tags == []


def test_required_after_optional():
    """A field without a default may follow one that has one."""

    class Late(Serializer):
        first: int = 1
        second: int

    assert Late(second=2) == Late(1, 2)
    with pytest.raises(ConstructionError, match="second"):
        Late(3)


def test_unset_arguments_are_left_out():
    """An argument that is `UNSET` counts as not given."""
    assert Person("a", nick=UNSET).nick == "none"
    with pytest.raises(ConstructionError):
        Person(UNSET)


def test_the_base_class_makes_no_instances():
    """Serializer itself has no fields and says so."""
    with pytest.raises(TypeError, match="define a class"):
        Serializer()


def test_frozen_instances():
    """A frozen instance refuses assignment, to hidden fields as well."""

    class Fixed(Serializer, frozen=True):
        name: str
        secret: str = field(write_only=True)

    made = Fixed("a", "s")
    for name in ("name", "secret"):
        with pytest.raises(AttributeError):
            setattr(made, name, "b")
    assert hash(made) == hash(Fixed("a", "s"))
