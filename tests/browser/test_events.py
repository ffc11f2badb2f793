"""Server-sent events as a browser's EventSource reads them."""

from playwright.sync_api import Page


def test_event_source_receives_typed_events_and_comes_back(page: Page) -> None:
    """Typed events, data of several lines, and, after the stream ended, a new connection that names the last id."""
    seen = page.evaluate("""() => new Promise((resolve, reject) => {
        const seen = [];
        const source = new EventSource("/events");
        const note = (event) => seen.push([event.type, event.data, event.lastEventId]);
        source.addEventListener("price", note);
        source.addEventListener("message", note);
        source.addEventListener("resumed", (event) => { note(event); source.close(); resolve(seen); });
        source.onerror = () => {
            seen.push(["error", source.readyState]);
            if (source.readyState === EventSource.CLOSED) reject(new Error(JSON.stringify(seen)));
        };
    })""")

    assert seen == [
        ["price", '{"price":12.5}', "one"],
        ["message", "two\nlines: with a colon", "two"],
        ["error", 0],
        ["resumed", "two", "three"],
    ]


def test_a_stream_of_events_is_not_kept_by_the_cache(page: Page) -> None:
    """A script that reads the stream with fetch() finds its type, its comment and a header against caches."""
    seen = page.evaluate("""async () => {
        const response = await fetch("/events");
        const text = await response.text();
        return [response.headers.get("content-type"), response.headers.get("cache-control"), text];
    }""")

    assert seen[0].partition(";")[0] == "text/event-stream"
    assert "no-store" in seen[1] or "no-cache" in seen[1]
    assert "retry: 20\n" in seen[2]
    assert ": nobody sees this\n" in seen[2]
