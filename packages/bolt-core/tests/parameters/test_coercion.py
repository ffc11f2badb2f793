"""The engine and the readers of Python accept the same texts."""

from typing import Any
from urllib.parse import quote

from bolt_core import BoltAPI
from bolt_core.binding.scalars import read_bool, read_float, read_int
from bolt_serializers.invalid import InvalidValue
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_client import serve

READERS: dict[str, Any] = {"int": read_int, "float": read_float, "bool": read_bool}
TEXTS = st.one_of(
    st.text(max_size=8),
    st.text("0123456789+-._eE naif", max_size=10),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["true", "TRUE", "On", "yes", "no", "OFF", "0", "1", "9" * 4300, "9" * 4301, "0" * 4301, "-" + "9" * 4300]
    ),
)


def test_engine_and_readers_agree() -> None:
    """On every text: both refuse it, or both read the same value."""
    api = BoltAPI()

    @api.get("/int")
    async def integer(x: int) -> Any:
        return [str(x)]

    @api.get("/float")
    async def number(x: float) -> Any:
        return [x.hex()]

    @api.get("/bool")
    async def boolean(x: bool) -> Any:
        return [str(x)]

    client = serve(api)

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(sorted(READERS)), TEXTS)
    def agree(kind: str, text: str) -> None:
        answer = client.get(f"/{kind}?x={quote(text, safe='')}")
        try:
            value = READERS[kind](text)
        except InvalidValue as error:
            refused: str | None = error.type
        else:
            refused = None
        assert answer.status == (200 if refused is None else 422), (kind, text)
        if refused is None:
            assert answer.json() == [value.hex() if kind == "float" else str(value)]
        else:
            assert answer.json()["detail"][0]["type"] == refused

    try:
        agree()
    finally:
        client.close()
