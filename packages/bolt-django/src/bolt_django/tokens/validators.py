"""What scopes and permissions of an API key may be."""

from typing import Any

from django.core.exceptions import ValidationError


def validate_words(value: Any) -> None:
    """Raise `ValidationError` unless *value* is a list of texts, none of them empty or with whitespace.

    A scope has none (RFC 6749 §3.3), nor has a permission's name.
    """
    if not isinstance(value, list) or not all(
        isinstance(one, str) and one and one == "".join(one.split()) for one in value
    ):
        raise ValidationError('Give a list of words without spaces, such as ["orders:read"].', code="words")
