"""Text that may hold a piece of what the client sent."""

LIMIT = 200
"""Characters of a message that reach the client: enough to recognise the input, too few to reflect it."""


def shorten(text: str) -> str:
    """*text*, cut in its middle where it is longer than `LIMIT`."""
    if len(text) <= LIMIT:
        return text
    half = LIMIT // 2 - 2
    return f"{text[:half]} … {text[-half:]}"
