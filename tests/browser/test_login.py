"""A login with tokens in cookies, in a browser; and what another origin cannot do with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from serving import Served, manage, serving

DOOR = Path(__file__).resolve().parents[1] / "door"

SEND = """async ([method, path, data]) => {
    const proof = document.cookie.split("; ").find(one => one.startsWith("csrf_token="))?.split("=")[1];
    const headers = {"Content-Type": "application/json", ...(proof ? {"X-CSRFToken": proof} : {})};
    const reply = await fetch(path, {method, headers, body: data === null ? undefined : JSON.stringify(data)});
    return [reply.status, await reply.json()];
}"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated file with a user."""
    path = str(tmp_path_factory.mktemp("door") / "door.sqlite3")
    manage(DOOR, "migrate", "--verbosity", "0", DOOR_DATABASE=path)
    code = "from django.contrib.auth.models import User; User.objects.create_user('ann', password='correct horse')"
    manage(DOOR, "shell", "--command", code, DOOR_DATABASE=path)
    return path


@pytest.fixture(scope="module")
def doors(database: str) -> Iterator[tuple[Served, Served]]:
    """The project at two ports, which are two origins of one site: browsers send the cookies of one to the other."""
    with serving(DOOR, DOOR_DATABASE=database) as one, serving(DOOR, DOOR_DATABASE=database) as other:
        yield one, other


@pytest.fixture
def page(browser: Browser, doors: tuple[Served, Served]) -> Iterator[Page]:
    """A page without cookies of other tests."""
    with browser.new_context(base_url=doors[0].url) as context:
        page = context.new_page()
        page.goto("/")
        yield page


def send(page: Page, method: str, path: str, data: object = None) -> tuple[int, object]:
    status, body = page.evaluate(SEND, [method, path, data])
    return status, body


def log_in(page: Page) -> None:
    status, _ = send(page, "POST", "/auth/login", {"username": "ann", "password": "correct horse"})
    assert status == 200


def test_login_refresh_logout(page: Page) -> None:
    """Scripts log in, change something, refresh and log out, and never see a token."""
    assert send(page, "GET", "/me")[0] == 401
    assert send(page, "POST", "/auth/login", {"username": "ann", "password": "wrong"})[0] == 401
    log_in(page)
    visible = page.evaluate("document.cookie")
    assert "csrf_token=" in visible
    assert "access_token" not in visible
    assert "refresh_token" not in visible
    assert send(page, "GET", "/me")[1]["username"] == "ann"  # type: ignore[index]
    assert send(page, "POST", "/orders")[0] == 200
    before = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(f"{page.url}auth/refresh")}
    assert send(page, "POST", "/auth/refresh")[0] == 200
    after = {cookie["name"]: cookie["value"] for cookie in page.context.cookies(f"{page.url}auth/refresh")}
    assert all(before[name] != after[name] for name in ("access_token", "refresh_token", "csrf_token"))
    assert send(page, "POST", "/orders")[0] == 200
    assert send(page, "POST", "/auth/logout")[0] == 200
    assert page.context.cookies(f"{page.url}auth/refresh") == []
    assert send(page, "GET", "/me")[0] == 401


def test_another_origin_cannot_post(page: Page, doors: tuple[Served, Served]) -> None:
    """A form of another origin is sent with the cookies, and refused, as it cannot repeat what the token says."""
    log_in(page)
    count = send(page, "POST", "/orders")[1]
    with page.context.expect_event("response", lambda reply: reply.url == f"{doors[0].url}/orders") as caught:
        page.goto(f"{doors[1].url}/elsewhere?target={doors[0].url}/orders")
    reply = caught.value
    assert "access_token" in reply.request.all_headers().get("cookie", "")
    assert reply.status == 403
    page.goto("/")
    assert len(send(page, "GET", "/me")[1]["orders"]) == count["orders"]  # type: ignore[index]


def test_another_process_refuses_what_one_has_ended(page: Page, browser: Browser, doors: tuple[Served, Served]) -> None:
    """Both servers share the database: tokens that were logged out at one are refused at the other."""
    log_in(page)
    kept = page.context.cookies(f"{page.url}auth/refresh")
    assert send(page, "POST", "/auth/logout")[0] == 200
    with browser.new_context(base_url=doors[1].url) as context:
        context.add_cookies(kept)
        stale = context.new_page()
        stale.goto("/")
        assert send(stale, "GET", "/me")[0] == 401
        assert send(stale, "POST", "/auth/refresh")[0] == 401
