"""A mapping in which a name may have several values."""

from typing import Any

import pytest
from bolt_core.multidict import MultiDict

PAIRS = [("a", "1"), ("b", "2"), ("a", "3")]


def test_the_last_value_counts() -> None:
    """`[]`, `get`, `items`, `values` and `dict` give the last value of each name."""
    data = MultiDict(PAIRS)

    assert (data["a"], data.get("a"), data.get("c"), data.get("c", "d")) == ("3", "3", None, "d")
    assert list(data.items()) == [("a", "3"), ("b", "2")]
    assert list(data.values()) == ["3", "2"]
    assert data.dict() == {"a": "3", "b": "2"} == data


def test_every_value_is_there() -> None:
    """`getlist` and `lists` give all values in order, and what they return is a copy."""
    data = MultiDict(PAIRS)

    data.getlist("a").append("4")
    dict(data.lists())["a"].append("4")

    assert (data.getlist("a"), data.getlist("c")) == (["1", "3"], [])
    assert list(data.lists()) == [("a", ["1", "3"]), ("b", ["2"])]


def test_names_are_counted_once() -> None:
    """`len`, `in` and iteration see each name once."""
    data = MultiDict(PAIRS)

    assert (len(data), list(data), list(data.keys())) == (2, ["a", "b"], ["a", "b"])
    assert "a" in data
    assert "c" not in data
    assert not MultiDict()


def test_equality_sees_every_value() -> None:
    """Two are equal only with the same values in the same order."""
    assert MultiDict(PAIRS) == MultiDict([("b", "2"), ("a", "1"), ("a", "3")])
    assert MultiDict(PAIRS) != MultiDict([("a", "3"), ("b", "2")])


def test_encodes_as_a_form() -> None:
    """`urlencode` gives every pair, quoted; *safe* characters stay."""
    data = MultiDict([("a b", "1&2"), ("c", "/ä"), ("a b", "")])

    assert data.urlencode() == "a+b=1%262&a+b=&c=%2F%C3%A4"
    assert MultiDict([("next", "/a b/")]).urlencode(safe="/") == "next=/a%20b/"


def test_cannot_be_changed() -> None:
    """Assigning and deleting say how to get a copy; it cannot be hashed."""
    data: Any = MultiDict(PAIRS)

    with pytest.raises(TypeError, match=r"dict\(data.lists\(\)\)"):
        data["a"] = "4"
    with pytest.raises(TypeError, match=r"dict\(data.lists\(\)\)"):
        del data["a"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(data)


def test_a_missing_name_is_a_key_error() -> None:
    """As of a dict."""
    with pytest.raises(KeyError, match="'c'"):
        MultiDict(PAIRS)["c"]
