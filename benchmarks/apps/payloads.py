"""What every application receives and answers, so that only the framework differs. Standard library only."""

import json
import random

HELLO = {"message": "Hello, World!"}
USER = {"name": "Ann Example", "email": "ann@example.com", "age": 41}
# What the answer repeats of a request's header, cookie and query.
SEARCH = {"q": "laptop", "page": 3, "in_stock": True, "request": "7f9c24e5", "session": "2b4ad1"}
# Each of the five fields of a signup with a value of a wrong type.
WRONG_SIGNUP = {"name": 7, "email": None, "age": "forty-one", "newsletter": "maybe not", "tags": {"red": True}}
CHUNKS = [f"data: event {number}\n\n" for number in range(10)]
SLEEP_SECONDS = 0.001
USER_COUNT = 10
# Whom the cases of one row ask for.
USER_PK = 7


_SUMMARY = (
    "A short text about one article, as long as the summary that a list of articles shows below each title: what it is "
    "about, for whom it was written, and why one may want to read it now."
)


def articles(count: int) -> list[dict[str, object]]:
    """*count* entries of a list of articles, about 270 bytes of JSON each, most of it text."""
    return [
        {"id": number, "title": f"Article number {number}", "author": "Ann Example", "summary": _SUMMARY}
        for number in range(1, count + 1)
    ]


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
REPORT = {"items": articles(55)}
DOCUMENT = {"title": "Order", "items": rows(76)}
DOCUMENT_ANSWER = {"title": "Order", "count": 76}

# As varied as a photograph, so that a parser meets line breaks and dashes in it; the same in every process.
FILE = random.Random(1).randbytes(1 << 20)
BOUNDARY = "----boundary-of-the-benchmark-7MA4YWxk"
# The last bytes prove that all of the file arrived.
UPLOAD_ANSWER = {"name": "photo.bin", "size": len(FILE), "tail": FILE[-8:].hex()}


def multipart() -> bytes:
    """A form with FILE in its field `upload` (RFC 7578)."""
    disposition = 'Content-Disposition: form-data; name="upload"; filename="photo.bin"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    return head.encode() + FILE + f"\r\n--{BOUNDARY}--\r\n".encode()


def encoded(value: object) -> bytes:
    """*value* as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
