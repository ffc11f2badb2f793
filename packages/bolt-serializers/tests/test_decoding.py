"""From data to instances, and what is said of bad data."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from bolt_serializers import Meta, Serializer, ValidationError, field, field_validator


class Kind(enum.Enum):
    A = "a"


class Every(Serializer):
    i: int = 0
    f: float = 0.0
    s: str = ""
    d: dt.date = dt.date(2020, 1, 1)
    at: dt.datetime | None = None
    kind: Kind = Kind.A
    price: Decimal = Decimal(1)
    ints: list[int] = []
    by: dict[str, float] = {}
    any: Any = None
    small: Annotated[int, Meta(ge=0, le=9)] = 0
    maybe: int | str | None = None


def types_of(call, *args):
    with pytest.raises(ValidationError) as caught:
        call(*args)
    return [(one["loc"], one["type"]) for one in caught.value.errors()]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b'{"i":"1"}', [(("i",), "type_error")]),
        (b'{"i":9223372036854775808}', [(("i",), "int_out_of_range")]),
        (b'{"i":-9223372036854775809}', [(("i",), "int_out_of_range")]),
        (b'{"i":123456789012345678901234567890}', [(("i",), "int_out_of_range")]),
        (b'{"ints":[1,18446744073709551616]}', [(("ints", 1), "int_out_of_range")]),
        (b'{"small":99999999999999999999999}', [(("small",), "less_than_equal")]),
        (b'{"d":"2020-13-01"}', [(("d",), "date_parsing")]),
        (b'{"d":"10000-01-01"}', [(("d",), "date_parsing")]),
        (b'{"kind":"b"}', [(("kind",), "enum")]),
        (b'{"price":"x"}', [(("price",), "decimal_parsing")]),
        (
            b'{"i":"1","s":2,"by":{"k":"v"}}',
            [(("i",), "type_error"), (("s",), "type_error"), (("by", "k"), "type_error")],
        ),
        (b"[1]", [((), "type_error")]),
        (b'{"i":1', [((), "json_invalid")]),
        (b"", [((), "json_invalid")]),
        (b'{"f":NaN}', [((), "json_invalid")]),
        (b'{"s":"\xff"}', [((), "string_unicode")]),
        (b'{"s":"\\ud800"}', [((), "string_unicode")]),
        (b'{"any":' + b"[" * 100_000 + b"]" * 100_000 + b"}", [((), "too_deep")]),
    ],
)
def test_bad_json(data, wanted):
    """Each kind of bad JSON has its own clear error."""
    assert types_of(Every.validate_json, data) == wanted


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"f": float("nan")}, [(("f",), "finite_number")]),
        ({"f": float("inf")}, [(("f",), "finite_number")]),
        ({"by": {"k": float("-inf")}}, [(("by", "k"), "finite_number")]),
        ({"any": [float("nan")]}, [(("any", 0), "finite_number")]),
        ({"s": "\ud800"}, [(("s",), "string_unicode")]),
        ({"i": 2**63}, [(("i",), "int_out_of_range")]),
        ({"i": 2**80}, [(("i",), "int_out_of_range")]),
        ({"i": None}, [(("i",), "type_error")]),
        (3, [((), "type_error")]),
    ],
)
def test_bad_plain_data(data, wanted):
    """Plain data may hold what no JSON can, and is told so."""
    assert types_of(Every.validate, data) == wanted


def test_non_finite_floats_in_msgpack():
    """MessagePack can express NaN; a float field refuses it."""
    data = msgspec.msgpack.encode({"f": float("nan")})
    assert types_of(Every.validate_msgpack, data) == [(("f",), "finite_number")]
    assert types_of(Every.validate_msgpack, b"\xc1") == [((), "msgpack_invalid")]


def test_data_that_holds_itself():
    """A dict or a list that holds itself is a clear error."""
    data: dict[str, Any] = {}
    data["any"] = data
    assert types_of(Every.validate, data) == [((), "too_deep")]


def test_64_bit_message():
    """The message for an integer says how large it may be."""
    with pytest.raises(ValidationError, match="at most 64 bits"):
        Every.validate({"i": 2**63})
    assert Every.validate_json(b'{"i":9223372036854775807}').i == 2**63 - 1


def test_strict_and_lax():
    """Lax validation takes text for numbers; a class, or a call, says which holds."""

    class Lax(Serializer, strict=False):
        i: int

    assert Lax.validate_json(b'{"i":"5"}').i == 5
    assert types_of(lambda: Lax.validate({"i": "5"}, strict=True)) == [(("i",), "type_error")]
    assert Every.validate({"i": "5"}, strict=False).i == 5
    assert types_of(Lax.validate, {"i": "x"}) == [(("i",), "type_error")]


def test_lax_problems_leave_out_what_is_right():
    """In lax mode text that is a number is no problem beside one that is."""

    class Lax(Serializer, strict=False):
        i: int
        j: int

    assert types_of(Lax.validate_json, b'{"i":"5","j":"x"}') == [(("j",), "type_error")]


def test_unknown_fields():
    """Unknown fields are ignored, or all told of where the class forbids them."""

    class Closed(Serializer, forbid_unknown_fields=True):
        a: int

    assert Every.validate({"nope": 1}) == Every()
    assert types_of(Closed.validate_json, b'{"a":1,"x":1,"y":2}') == [(("x",), "unexpected"), (("y",), "unexpected")]


def test_unique_keys():
    """A name that stands twice is taken last, or refused where the class says so."""

    class Once(Serializer, unique_keys=True):
        a: int
        inner: Any = None

    assert Every.validate_json(b'{"i":1,"i":2}').i == 2
    assert types_of(Once.validate_json, b'{"a":1,"a":2}') == [(("a",), "duplicate_key")]
    assert types_of(Once.validate_json, b'{"a":1,"inner":{"b":1,"b":2}}') == [(("inner", "b"), "duplicate_key")]
    assert Once.validate_json(b'{"a":1}').a == 1


def test_many():
    """Lists of data become lists of instances; errors tell the index."""
    assert [one.i for one in Every.validate_many([{"i": 1}, {"i": 2}])] == [1, 2]
    assert [one.i for one in Every.validate_many(b'[{"i":1}]')] == [1]
    assert types_of(Every.validate_many, [{"i": 1}, {"i": ""}]) == [((1, "i"), "type_error")]
    assert types_of(Every.validate_many, b'[{"i":""},{"s":1}]') == [((0, "i"), "type_error"), ((1, "s"), "type_error")]


def test_tagged_unions():
    """A union of tagged classes is told apart by the tag, which is also written."""

    class Cat(Serializer, tag="cat"):
        lives: int

    class Dog(Serializer, tag="dog"):
        name: str

    class Owner(Serializer):
        pet: Cat | Dog

    made = Owner.validate_json(b'{"pet":{"type":"dog","name":"x"}}')
    assert made.pet == Dog("x")
    assert made.to_json() == b'{"pet":{"type":"dog","name":"x"}}'
    assert made.dump() == {"pet": {"type": "dog", "name": "x"}}
    assert types_of(Owner.validate, {"pet": {"type": "cow"}}) == [(("pet", "type"), "enum")]
    assert types_of(Owner.validate, {"pet": {"type": "cat", "lives": "x"}}) == [(("pet", "lives"), "type_error")]


class ReadOnly(Serializer):
    name: str
    id: int = field(read_only=True)
    role: str = field(read_only=True, default="user")


class PlainHolder(msgspec.Struct):
    items: list[ReadOnly]


DATA = {"name": "a", "id": 7, "role": "admin"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReadOnly.validate(DATA),
        lambda: ReadOnly.validate_json(msgspec.json.encode(DATA)),
        lambda: ReadOnly.validate_msgpack(msgspec.msgpack.encode(DATA)),
        lambda: ReadOnly.validate_many([DATA])[0],
        lambda: msgspec.json.decode(msgspec.json.encode(DATA), type=ReadOnly),
        lambda: msgspec.convert(DATA, ReadOnly),
        lambda: msgspec.json.decode(msgspec.json.encode({"items": [DATA]}), type=PlainHolder).items[0],
    ],
)
def test_data_never_sets_what_is_read_only(make):
    """Whatever decodes it and however deep it stands: data does not set a read-only field."""
    made = make()
    assert made.id is msgspec.UNSET
    assert made.role == "user"
    assert made.to_json() == b'{"name":"a","role":"user"}'


def test_read_only_values_of_the_wrong_type_are_ignored_in_data():
    """Data for a read-only field is not even looked at."""
    assert ReadOnly.validate_json(b'{"name":"a","id":"nonsense"}').id is msgspec.UNSET


def test_the_program_sets_what_is_read_only():
    """The constructor sets a read-only field, and holds the value to its type."""
    assert ReadOnly("a", 7).id == 7
    with pytest.raises(ValidationError, match="id"):
        ReadOnly("a", "7")


class Tight(Serializer, strict=False):
    n: int

    @field_validator("n")
    def small(cls, value):
        assert value < 10
        return value


def test_lax_data_is_validated_once_made():
    """In lax mode a validator is given the number that the text stands for, also when problems are listed."""
    for call in (
        lambda: Tight.validate({"n": "20"}),
        lambda: Tight.validate_json(b'{"n":"20"}'),
        lambda: Tight.validate_msgpack(msgspec.msgpack.encode({"n": "20"})),
        lambda: Tight.validate_many([{"n": "20"}])[0],
        lambda: Tight.validate_many(b'[{"n":"20"}]')[0],
    ):
        with pytest.raises(ValidationError) as caught:
            call()
        assert [one["type"] for one in caught.value.errors()] == ["assertion_error"]
        assert caught.value.errors()[0]["loc"][-1] == "n"


def test_all_ways_in_tell_the_same_of_int_limits():
    """MessagePack and lists tell of wide integers as JSON does."""
    assert types_of(Every.validate_msgpack, msgspec.msgpack.encode({"i": 2**63})) == [(("i",), "int_out_of_range")]
    assert types_of(Every.validate_many, [{"i": 2**63}]) == [((0, "i"), "int_out_of_range")]
    assert types_of(Every.validate_json, b'{"i":9223372036854775808,"s":1}') == [
        (("i",), "int_out_of_range"),
        (("s",), "type_error"),
    ]


def test_wide_floats_in_json():
    """A number too large for a float is an error."""
    assert types_of(Every.validate_json, b'{"f":1e999}') == [((), "json_invalid")]
