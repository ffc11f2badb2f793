"""Server-sent events."""

from types import SimpleNamespace
from typing import Any

import pytest
from bolt_core.responses import EventSourceResponse, ServerSentEvent, last_event_id


@pytest.mark.parametrize(
    ("event", "sent"),
    [
        (ServerSentEvent("a"), b"data: a\n\n"),
        (ServerSentEvent("a\rb\r\nc\nd\u2028e"), "data: a\ndata: b\ndata: c\ndata: d\u2028e\n\n".encode()),
        (ServerSentEvent({"a": "x\ny"}), b'data: {"a":"x\\ny"}\n\n'),
        (ServerSentEvent(""), b"data: \n\n"),
        (ServerSentEvent(comment="a\nb"), b": a\n: b\n\n"),
        (
            ServerSentEvent(1, event="e", id=7, retry=10, comment="c"),
            b": c\nevent: e\nid: 7\nretry: 10\ndata: 1\n\n",
        ),
    ],
)
def test_an_event_as_it_is_sent(event: ServerSentEvent, sent: bytes) -> None:
    """Line breaks in data stay line breaks."""
    assert event.encode() == sent


@pytest.mark.parametrize(
    "fields", [{"event": "a\nb"}, {"event": "a\rb"}, {"id": "a\r\nb"}, {"id": "a\0"}, {"retry": -1}, {"retry": True}]
)
def test_no_field_can_be_injected(fields: dict[str, Any]) -> None:
    """Nor an id be sent that clients ignore."""
    with pytest.raises(ValueError, match="must"):
        ServerSentEvent("a", **fields)


@pytest.mark.parametrize("ping", [0, -1, True, float("nan")])
def test_a_ping_that_makes_no_sense_is_an_error(ping: Any) -> None:
    """Where it is named."""
    with pytest.raises(ValueError, match="ping"):
        EventSourceResponse([], ping=ping)


def test_the_last_id_of_a_client() -> None:
    """Is read as UTF-8."""
    assert last_event_id(SimpleNamespace(headers={})) is None
    assert last_event_id(SimpleNamespace(headers={"last-event-id": "\u00c3\u00a9"})) == "\u00e9"
