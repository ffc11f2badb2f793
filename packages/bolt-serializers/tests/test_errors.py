"""What errors tell."""

import pickle

import pytest
from bolt_serializers import ConstructionError, Serializer, ValidationError, set_translator
from bolt_serializers.errors import LazyLoadError


class Two(Serializer):
    a: int
    b: str


def caught(data):
    with pytest.raises(ValidationError) as raised:
        Two.validate(data)
    return raised.value


def test_errors_tell_where_what_and_against_what():
    """Each error has loc, msg, type and ctx."""
    assert caught({"a": "x"}).errors() == [
        {"loc": ("a",), "msg": "Expected `int`, got `str`", "type": "type_error", "ctx": {}},
        {"loc": ("b",), "msg": "Field required", "type": "missing", "ctx": {}},
    ]


def test_text():
    """As text it names the class, each place and type."""
    assert str(caught({"a": "x"})) == (
        "2 errors in Two\n  a: Expected `int`, got `str` [type_error]\n  b: Field required [missing]"
    )
    assert str(ValidationError("just this")) == "just this"


@pytest.mark.parametrize(
    "error", [ValidationError("m", type="t", loc=("a", 1), ctx={"x": 1}), ConstructionError("m", title="T")]
)
def test_errors_can_be_pickled(error):
    """An error that crossed a process tells the same."""
    same = pickle.loads(pickle.dumps(error))
    assert type(same) is type(error)
    assert same.errors() == error.errors()
    assert str(same) == str(error)


def test_lazy_load_errors_can_be_pickled_and_name_the_remedy():
    """A LazyLoadError names what the QuerySet lacks."""
    error = LazyLoadError("author__name", False, "would query")
    assert "select_related('author__name')" in str(pickle.loads(pickle.dumps(error)))
    assert "prefetch_related('tags')" in str(LazyLoadError("tags", True, "would query"))


def test_errors_of_errors():
    """What `errors()` lists can be raised again."""
    error = caught({"a": "x"})
    assert ValidationError(error.errors()).errors() == error.errors()


def test_a_translator_gives_messages_when_they_are_read():
    """Messages are translated when they are read, what validators say lazily included."""
    words = {"Field required": "Pflichtfeld", "Expected {expected}, got {got}": "{got} statt {expected}"}

    class Lazy:
        text = "one"

        def __str__(self):
            return self.text

    error = caught({"a": "x"})
    lazy = ValidationError(Lazy())
    set_translator(lambda text: words.get(text, text))
    try:
        assert [one["msg"] for one in error.errors()] == ["str statt int", "Pflichtfeld"]
        Lazy.text = "two"
        assert lazy.errors()[0]["msg"] == "two"
    finally:
        set_translator(None)
    assert error.errors()[1]["msg"] == "Field required"
