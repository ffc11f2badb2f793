"""Cookies as a browser understands their attributes."""

import time

from playwright.sync_api import Page


def test_attributes_mean_what_they_say(page: Page) -> None:
    """Each cookie has its attributes in the browser; HttpOnly hides one from scripts, Path one from other pages."""
    page.evaluate("fetch('/cookies/set')")
    page.wait_for_function("document.cookie.includes('plain')")
    stored = {cookie["name"]: cookie for cookie in page.context.cookies([page.url, f"{page.url}files/"])}
    visible = page.evaluate("document.cookie")

    assert {name.partition("=")[0] for name in visible.split("; ")} >= {"plain", "quoted", "strict"}
    assert "hidden" not in visible
    assert "elsewhere" not in visible
    assert stored["hidden"]["httpOnly"]
    assert not stored["plain"]["httpOnly"]
    assert (stored["plain"]["sameSite"], stored["strict"]["sameSite"]) == ("Lax", "Strict")
    assert stored["plain"]["expires"] == -1
    assert 3500 < stored["strict"]["expires"] - time.time() <= 3600
    assert stored["elsewhere"]["path"] == "/files"


def test_what_was_set_is_sent_back(page: Page) -> None:
    """The next request carries the cookies of its path, hidden ones included; deleting removes one."""
    sent = page.evaluate("""async () => {
        await fetch("/cookies/set");
        const before = await (await fetch("/cookies/sent")).text();
        await fetch("/cookies/delete");
        return [before, await (await fetch("/cookies/sent")).text()];
    }""")

    assert "plain=seen" in sent[0]
    assert "hidden=" in sent[0]
    assert "elsewhere=" not in sent[0]
    assert "plain=" not in sent[1]
    assert "hidden=" in sent[1]
