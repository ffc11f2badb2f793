"""Ready-made types: what each takes, what it refuses, and that no text can keep one busy."""

import re
import re._parser as parser  # type: ignore[import-not-found]  # The standard library's own, which no stub describes.
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import msgspec
import pytest
from bolt_serializers import Check, InvalidValue, Serializer, ValidationError, field, types
from bolt_serializers.hints import peel

EXAMPLES: dict[str, tuple[list[Any], list[Any]]] = {
    "NonEmptyStr": (["a", " a ", "\u00e9"], ["", " ", "\n\t", "\u2003"]),
    "Slug": (["a", "a-b_C9", "-"], ["", "a b", "\u00e9", "a\n", "a/b"]),
    "UnicodeSlug": (["a", "\u00e9t\u00e9-2", "\u65e5\u672c"], ["", "a b", "a\n", "a!"]),
    "JsonStr": (["1", '{"a": [null]}', '"x"'], ["", "{", "nan", "[1,]", "[" * 100_000]),
    "Email": (
        ["a@b.co", "first.last+tag@mail.example.org", "o'neil@xn--bcher-kva.example", "a" * 64 + "@b.co", "1@2b.co"],
        [
            "", "a", "a@", "@b.co", "a@b", "a@@b.co", ".a@b.co", "a.@b.co", "a..b@c.co", "a b@c.co", "a@b.co\n",
            "a\n@b.co",
            "a@-b.co", "a@b-.co", "a@b..co", "a@b.co.", "a@[127.0.0.1]", "a@1.2.3.4", '"a b"@c.co', "A <a@b.co>",
            "a" * 65 + "@b.co", "a@" + "b." * 130 + "co", "\u00e9@b.co", "a@b\u00fccher.de", "a@b.co,c@d.co",
        ],
    ),
    "Url": (
        ["http://a", "https://a.b/c?d=e#f", "ftp://user:pass@host:21/x", "ws://[::1]:80/", "s3://bucket/key%20x"],
        [
            "", "a", "//a", "http:", "http://", "http:///x", "http:a", "mailto:a@b.co", "http://a b", "http://a/\u00e9",
            "http://a:b", "http://a:65536", "http://[::1", "http://[::1]x", "http://[1]/", "http://a/%zz", "http://a/[x]",
            "http://a#b#c", "1http://a", "http://a\n", "http://a/<x>", "http://-a", "http://a/" + "x" * 8000,
        ],
    ),
    "HttpUrl": (
        ["http://a", "HTTPS://a.b:8443/c?d=e#f", "http://127.0.0.1/", "http://[2001:db8::1]/"],
        ["", "ftp://a", "http://u@a", "http://a@b", "javascript:alert(1)", "http://a\\@b", "http://a:0x50"],
    ),
    "Hostname": (
        ["a", "localhost", "a.b-c.d9", "1.example", "a" * 63, "xn--p1ai"],
        ["", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "a" * 64, "1.2.3.4", "1", "a\n", "a.b" * 90, "\u00e9"],
    ),
    "IPv4": (["127.0.0.1", "0.0.0.0"], ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/8", "::1", "1.2.3.4\n", "169"]),
    "IPv6": (
        ["::", "::1", "2001:db8::8:800:200c:417a", "::ffff:1.2.3.4"],
        ["", "1.2.3.4", ":::", "2001:db8", "fe80::1%eth0", "[::1]", "::1\n", "1:2:3:4:5:6:7:8:9"],
    ),
    "IPAddress": (["1.2.3.4", "::1"], ["", "a", "1.2.3.4.5", "fe80::1%1"]),
    "Port": ([1, 80, 65535], [0, -1, 65536, "80"]),
    "Phone": (
        ["+4930123456", "+123456789012345"],
        ["+1234567890123456", "", "+", "030123456", "+0301234567", "+49 30 1234567", "+4930123456\n"],
    ),
    "HexColor": (["#fff", "#FFFA", "#00ff7f", "#00ff7f80"], ["", "fff", "#ff", "#fffff", "#ggg", "#fffffff", "#fff\n"]),
    "CountryCode": (["DE", "US"], ["", "D", "de", "DEU", "D1", "DE\n"]),
    "CurrencyCode": (["EUR", "USD"], ["", "EU", "eur", "EURO", "EUR\n"]),
    "LanguageTag": (
        ["de", "pt-BR", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-DE-u-co-phonebk"],
        ["", "d", "de_DE", "de-", "-de", "de--DE", "de-toolongsubtag", "1de", "de\n"],
    ),
    "PositiveInt": ([1], [0, -1, 2**63]),
    "NonNegativeInt": ([0, 1], [-1]),
    "NegativeInt": ([-1], [0, 1, -(2**63) - 1]),
    "PositiveFloat": ([0.1, 1e308], [0.0, -0.1]),
    "NonNegativeFloat": ([0.0, 0.1], [-0.1]),
    "NegativeFloat": ([-0.1], [0.0, 0.1]),
    "Percentage": ([0, 12.5, 100], [-0.1, 100.1]),
    "Int8": ([-128, 127], [-129, 128]),
    "Int16": ([-(2**15), 2**15 - 1], [-(2**15) - 1, 2**15]),
    "Int32": ([-(2**31), 2**31 - 1], [-(2**31) - 1, 2**31]),
    "Int64": ([-(2**63), 2**63 - 1], [-(2**63) - 1, 2**63]),
    "UInt8": ([0, 255], [-1, 256]),
    "UInt16": ([0, 2**16 - 1], [-1, 2**16]),
    "UInt32": ([0, 2**32 - 1], [-1, 2**32]),
}  # fmt: skip


def model_of(type_: Any) -> Any:
    return type(Serializer)("Holder", (Serializer,), {"__annotations__": {"value": type_}, "__module__": __name__})


def test_every_type_has_examples() -> None:
    """None is added without them."""
    assert set(EXAMPLES) == set(types.__all__)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """What is right is kept as it is, in JSON, in plain data and from the program; what is wrong is refused."""
    model = model_of(getattr(types, name))
    good, bad = EXAMPLES[name]
    for value in good:
        assert model.validate({"value": value}).value == value
        assert model.validate_json(msgspec.json.encode({"value": value})).value == value
        assert model(value=value).value == value
    for value in bad:
        with pytest.raises(ValidationError) as caught:
            model.validate({"value": value})
        assert caught.value.errors()[0]["loc"] == ("value",), value
        with pytest.raises(ValidationError):
            model.validate_json(msgspec.json.encode({"value": value}))


def repeats(parsed: Any) -> Iterator[Any]:
    """Whatever in a parsed pattern is repeated without an end."""
    for operation, argument in parsed:
        if operation in (parser.MAX_REPEAT, parser.MIN_REPEAT, parser.POSSESSIVE_REPEAT):
            if argument[1] is parser.MAXREPEAT:
                yield argument[2]
            yield from repeats(argument[2])
        elif operation is parser.SUBPATTERN:
            yield from repeats(argument[3])
        elif operation is parser.BRANCH:
            for branch in argument[1]:
                yield from repeats(branch)
        elif operation in (parser.ASSERT, parser.ASSERT_NOT):
            yield from repeats(argument[1])


PATTERNS = {
    name: meta.pattern
    for name in types.__all__
    for meta in get_args(getattr(types, name))[1:]
    if isinstance(meta, msgspec.Meta) and meta.pattern
} | {name: value.pattern for name, value in vars(types).items() if isinstance(value, re.Pattern)}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_is_gone_through_again_and_again(name: str) -> None:
    """Exponential time needs a repetition inside a repetition, neither of which has an end."""
    for repeated in repeats(parser.parse(PATTERNS[name])):
        assert not list(repeats(repeated))


def test_the_guard_sees_what_it_guards_against() -> None:
    """A pattern that takes exponential time is found."""
    assert any(list(repeats(repeated)) for repeated in repeats(parser.parse("^(a+)+$")))
    assert any(list(repeats(repeated)) for repeated in repeats(parser.parse("^(?:x|(?:a*)*)$")))


@pytest.mark.parametrize(
    "name", ["Email", "Url", "HttpUrl", "Hostname", "IPv4", "IPv6", "IPAddress", "Slug", "UnicodeSlug"]
)
@pytest.mark.parametrize(
    "text", ["a" * 1_000_000 + "!", "a." * 500_000, "@" * 1_000_000, "[" * 1_000_000, ":" * 1_000_000]
)
def test_long_hostile_text_is_refused(name: str, text: str) -> None:
    """A megabyte of what nearly fits is an error like any other."""
    with pytest.raises(ValidationError):
        model_of(getattr(types, name)).validate({"value": text})


def test_errors_say_what_is_expected() -> None:
    """A type of error for programs, a sentence for people."""

    class Account(Serializer):
        email: types.Email
        homes: list[types.HttpUrl] = []

    with pytest.raises(ValidationError) as caught:
        Account.validate({"email": "a@b.co", "homes": ["http://a", "ftp://a"]})
    error = caught.value.errors()[0]
    assert (error["loc"], error["type"]) == (("homes", 1), "url")
    assert error["msg"] == "Must be a URL that begins with http:// or https://"
    with pytest.raises(ValidationError) as caught:
        Account.validate({"email": "a", "homes": []})
    assert caught.value.errors()[0]["type"] == "email"


def even(value: int) -> None:
    if value % 2:
        raise ValueError("Must be even")


Even = Annotated[int, Check(even, schema={"multipleOf": 2}, type="odd")]


def test_a_check_of_ones_own() -> None:
    """It runs for its type alone, also beside others, below containers and as keys."""

    class Numbers(Serializer):
        one: Even | str | None = None
        many: dict[str, list[Even]] = {}
        by_name: dict[types.Slug, int] = field(default_factory=dict)
        by_email: dict[types.Email, int] = {}

    assert Numbers.validate({"one": "odd"}).one == "odd"
    assert Numbers.validate({"one": None}).one is None
    for data, loc in [
        ({"one": 3}, ("one",)),
        ({"many": {"a": [2, 3]}}, ("many", "a", 1)),
        ({"by_email": {"x": 1}}, ("by_email", "x")),
    ]:
        with pytest.raises(ValidationError) as caught:
            Numbers.validate(data)
        assert caught.value.errors()[0]["loc"] == loc


def test_a_check_names_its_error() -> None:
    """By its own type of error, or as its function says."""

    def picky(value: str) -> None:
        raise InvalidValue("No", "never", {"why": value})

    class Picky(Serializer):
        value: Annotated[str, Check(picky)]

    with pytest.raises(ValidationError) as caught:
        Picky.validate({"value": "x"})
    error = caught.value.errors()[0]
    assert (error["type"], error["ctx"]) == ("never", {"why": "x"})


def test_checks_come_after_limits() -> None:
    """And in their order: the first that is broken is told."""
    calls = []

    def first(value: Any) -> None:
        calls.append(value)
        raise ValueError("first")

    class Text(Serializer):
        value: Annotated[str, msgspec.Meta(min_length=2), Check(first), Check(even)]

    with pytest.raises(ValidationError):
        Text.validate({"value": "a"})
    assert calls == []
    with pytest.raises(ValidationError) as caught:
        Text.validate({"value": "ab"})
    assert [error["msg"] for error in caught.value.errors()] == ["first"]


def test_they_are_what_they_are_made_of() -> None:
    """`Email` is a `str` to whoever looks at the type."""
    assert peel(types.Email).type is str
    assert peel(types.Port | None).type is int
