"""Debian's chromium, driven by Playwright, and the depot's page in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serving import Served, depot

# Any build will do; Playwright's own download is not needed.
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "no chromium is installed; get it with the system's package manager (Debian: apt-get install chromium)"

_failed = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser with a profile of its own; without one tests are skipped, or fail where it is required."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("BROWSER_REQUIRED"):
            pytest.fail(MISSING, pytrace=False)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the depot's files."""
    return tmp_path_factory.mktemp("depot")


@pytest.fixture(scope="session")
def served(files: Path) -> Iterator[Served]:
    """The depot, served by one process."""
    with depot(files) as served:
        yield served


@pytest.fixture
def page(browser: Browser, served: Served, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """The depot's page, without cookies and cache of other tests; a test that fails leaves a picture of it."""
    with browser.new_context(base_url=served.url, accept_downloads=True) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto("/")
        yield page
        if request.node.stash.get(_failed, False):
            page.screenshot(path=tmp_path / "page.png")
            print(f"what the page looked like: {tmp_path / 'page.png'}")
    assert problems == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember whether a test failed, for the fixtures that it used."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report
