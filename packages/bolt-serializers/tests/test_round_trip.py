"""Whatever validates dumps, and validates again to an equal value."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated

import msgspec
from bolt_serializers import Meta, Serializer, field_validator
from bolt_serializers.encoding import MSGPACK_ENCODER
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
INT = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
KINDS = [
    (int, INT),
    (str, TEXT),
    (float, FLOAT),
    (bool, st.booleans()),
    (bytes, st.binary(max_size=8)),
    (dt.date, st.dates()),
    (dt.datetime, st.datetimes(timezones=st.just(dt.UTC))),
    (uuid.UUID, st.uuids()),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=2)),
    (int | None, st.none() | INT),
    (list[int], st.lists(INT, max_size=3)),
    (dict[str, float], st.dictionaries(TEXT, FLOAT, max_size=3)),
    (tuple[int, str], st.tuples(INT, TEXT)),
    (frozenset[str], st.frozensets(TEXT, max_size=3)),
    (Annotated[int, Meta(ge=0, le=99)], st.integers(0, 99)),
]


class Inner(Serializer):
    a: str
    n: list[int] = []

    @field_validator("a")
    def lower(cls, value):
        return value.casefold().casefold()


def make(chosen, rename, frozen):
    annotations = {f"the_field_{index}": KINDS[one][0] for index, one in enumerate(chosen)}
    namespace = {
        "__module__": __name__,
        "__qualname__": "Made",
        "__annotations__": annotations | {"inner": list[Inner]},
    }
    return type(Serializer)("Made", (Serializer,), namespace, rename=rename, frozen=frozen)


@settings(deadline=None, max_examples=60)
@given(
    st.data(),
    st.lists(st.integers(0, len(KINDS) - 1), min_size=1, max_size=5),
    st.sampled_from([None, "camel", "kebab", "pascal"]),
    st.booleans(),
)
def test_what_validates_dumps_and_validates_again(data, chosen, rename, frozen):
    """For classes of many kinds: JSON, MessagePack and dumps of an instance make an equal one."""
    class_ = make(chosen, rename, frozen)
    values = [data.draw(KINDS[one][1]) for one in chosen]
    inner = data.draw(st.lists(TEXT.filter(lambda text: text.casefold() == text.casefold().casefold()), max_size=2))
    made = class_(*values, [Inner(text) for text in inner])
    assert class_.validate_json(made.to_json()) == made
    assert class_.validate_msgpack(MSGPACK_ENCODER.encode(made)) == made
    assert class_.validate(made.dump(by_alias=True)) == made
    assert class_.validate(made.dump(by_alias=True, json=True)) == made or bytes in [KINDS[one][0] for one in chosen]
    assert msgspec.json.decode(made.to_json(), type=class_) == made
