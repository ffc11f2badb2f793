"""Keywords of JSON Schemas beside a type."""

from bolt_serializers.schema_keywords import ecma_pattern


def test_patterns_are_translated() -> None:
    """Python's words that ECMA-262 does not have, or has otherwise; an escaped backslash is none of them."""
    assert ecma_pattern(r"\A(?P<a>x)\Z") == "^(?<a>x)$"
    assert ecma_pattern(r"\\Z\\A") == r"\\Z\\A"
