"""Fields that are never written."""

import msgspec
import pytest
from bolt_serializers import Serializer, ValidationError, field


class Login(Serializer):
    name: str
    password: str = field(write_only=True)


class Outer(msgspec.Struct):
    login: Login


MADE = [
    lambda: Login("a", "geheim"),
    lambda: Login.validate({"name": "a", "password": "geheim"}),
    lambda: Login.validate_json(b'{"name":"a","password":"geheim"}'),
    lambda: msgspec.json.decode(b'{"name":"a","password":"geheim"}', type=Login),
]


@pytest.mark.parametrize("make", MADE)
def test_no_encoder_writes_it(make):
    """No encoder, no dump and no repr() shows a write-only value; the program has it."""
    made = make()
    for written in (
        made.to_json(),
        msgspec.json.encode(made),
        msgspec.json.encode([Outer(made)]),
        msgspec.msgpack.encode(made),
        repr(msgspec.to_builtins(made)).encode(),
        repr(made).encode(),
        repr(made.dump()).encode(),
        repr(msgspec.structs.asdict(made)).encode(),
    ):
        assert b"geheim" not in written
    assert made.password == "geheim"
    assert made.to_dict() == {"name": "a", "password": "geheim"}


def test_it_is_required_still():
    """A write-only field without a default must be in the data."""
    for call in (
        lambda: Login.validate({"name": "a"}),
        lambda: Login.validate_json(b'{"name":"a"}'),
        lambda: Login("a"),
        lambda: Login.validate_many([{"name": "a"}]),
    ):
        with pytest.raises(ValidationError) as caught:
            call()
        assert caught.value.errors()[0]["loc"][-1:] == ("password",)
        assert caught.value.errors()[0]["type"] == "missing"


def test_assignment():
    """What is assigned to a write-only field is not written either."""
    made = Login("a", "b")
    made.password = "geheim"
    assert made.password == "geheim"
    assert b"geheim" not in made.to_json()


def test_defaults_of_hidden_fields():
    """A write-only field may have a default, and an excluded one a factory."""

    class Made(Serializer):
        a: int = field(write_only=True, default=3)
        b: list[int] = field(exclude=True, default_factory=list)
        c: int = 1

    made = Made()
    assert (made.a, made.b) == (3, [])
    assert made.to_json() == b'{"c":1}'
