"""What every application receives and answers, so that only the framework differs. Standard library only."""

import json

HELLO = {"message": "Hello, World!"}
USER = {"name": "Ann Example", "email": "ann@example.com", "age": 41}
CHUNKS = [f"data: event {number}\n\n" for number in range(10)]
SLEEP_SECONDS = 0.001
USER_COUNT = 10


def rows(count: int) -> list[dict[str, object]]:
    """*count* records of about 140 bytes of JSON each, with every scalar type."""
    return [
        {
            "id": number,
            "name": f"Article number {number}",
            "price": number + 0.25,
            "in_stock": number % 3 == 0,
            "tags": ["red", "large", "new"],
            "description": "A short text about one article.",
        }
        for number in range(1, count + 1)
    ]


# 14 KB and 11 KB as JSON without spaces.
REPORT = {"items": rows(97)}
DOCUMENT = {"title": "Order", "items": rows(76)}
DOCUMENT_ANSWER = {"title": "Order", "count": 76}


def encoded(value: object) -> bytes:
    """*value* as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
