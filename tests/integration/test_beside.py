"""Other frameworks and the apps that projects install most, in one process with the API; and other servers under it."""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serving import Served, databases, environment_of, manage, serving
from test_shop import LOGIN, csrf_token

BESIDE = Path(__file__).parent / "beside"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A seeded database and collected static files."""
    folder = tmp_path_factory.mktemp("beside")
    with databases("sqlite", folder) as url:
        variables = {"DATABASE_URL": url, "MEDIA_ROOT": str(folder / "media"), "STATIC_ROOT": str(folder)}
        manage(BESIDE, "migrate", "--verbosity", "0", **variables)
        manage(BESIDE, "seed", "--admin-password", "test-password", **variables)
        manage(BESIDE, "collectstatic", "--no-input", "--verbosity", "0", **variables)
        yield variables


def by_runbolt(environment: dict[str, str]) -> contextlib.AbstractContextManager[Served]:
    """Our own server."""
    return serving(BESIDE, **environment)


@contextlib.contextmanager
def by_uvicorn(environment: dict[str, str]) -> Iterator[Served]:
    """An ASGI server."""
    command = ["-m", "uvicorn", "beside.asgi:application", "--port", "0", "--lifespan", "on", "--no-access-log"]
    with running(command, environment) as served:
        yield served


@contextlib.contextmanager
def by_wsgi(environment: dict[str, str]) -> Iterator[Served]:
    """A WSGI server with threads: Django's own."""
    with running(["-u", "manage.py", "runserver", "--noreload", "--nostatic", "127.0.0.1:0"], environment) as served:
        yield served


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Served]:
    """A server that is not ours, in a process of its own."""
    shop = Path(__file__).resolve().parents[2] / "examples" / "shop"
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=BESIDE,
        env=environment_of(**environment, PYTHONPATH=f"{BESIDE}:{shop}", DJANGO_SETTINGS_MODULE="beside.settings"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    served = Served(process)
    try:
        served.begin()
        yield served
        served.stop()
    finally:
        served.end()


@pytest.fixture(scope="module", params=[by_runbolt, by_uvicorn, by_wsgi])
def beside(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Served]:
    """The project by each server."""
    serve: Callable[..., contextlib.AbstractContextManager[Served]] = request.param
    with serve(environment) as served:
        yield served


def test_every_framework_answers(beside: Served) -> None:
    """The same rows, by a route of ours, a view of DRF's with django-filter, and a router of Ninja's."""
    with beside.client() as client:
        ours = client.get("/api/products", params={"q": "bread"}).json()["items"]
        drf = client.get("/drf/products/", params={"sku": "BOOK-2"}).json()
        ninja = client.get("/ninja/products").json()

    assert {product["name"] for product in ours} == {"Bread Knife", "Bread from Scratch"}
    assert [product["sku"] for product in drf] == ["BOOK-2"]
    assert drf[0] in ninja


def test_refusals_are_the_same_everywhere(beside: Served) -> None:
    """Of a request that does not fit, and of a method that is not there."""
    with beside.client() as client:
        assert client.get("/api/products/none").status_code == 422
        refused = client.put("/api/products")
        assert refused.status_code == 405
        assert "GET" in refused.headers["Allow"]
        assert client.get("/nowhere").status_code == 404


def test_sessions_and_the_admin(beside: Served) -> None:
    """An administrator logs in and lists products."""
    with beside.client() as browser:
        form = {"username": "admin", "password": "test-password", "csrfmiddlewaretoken": csrf_token(browser.get(LOGIN))}
        assert browser.post(LOGIN, data=form, headers={"Referer": beside.url}).status_code == 302
        assert "BOOK-2" in browser.get("/admin/catalog/product/").text


def test_the_toolbar_shows_sql(beside: Served) -> None:
    """Its handle is on Django's pages, and its panel has their queries."""
    with beside.client() as browser:
        page = browser.get("/links/").text
        assert "/api/products/3 of " in page
        store = re.search(r'data-(?:store|request)-id="([^"]+)"', page)
        assert store is not None
        asked = {"panel_id": "SQLPanel", "store_id": store[1], "request_id": store[1]}
        panel = json.loads(browser.get("/__debug__/render_panel/", params=asked).text)

    assert "catalog_product" in panel["content"]


def test_static_files_are_whitenoises(beside: Served) -> None:
    """With its header fields; in DEBUG, where Django's own finder would serve them, too."""
    with beside.client() as browser:
        found = browser.get("/static/admin/css/base.css")

    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/css")


def test_cross_origin_requests_of_djangos_views(beside: Served) -> None:
    """By django-cors-headers, as Django's middleware runs for them."""
    with beside.client() as browser:
        found = browser.get("/drf/products/", headers={"Origin": "https://web.example"})

    assert found.headers["Access-Control-Allow-Origin"] == "https://web.example"


def test_writes_by_the_api(beside: Served) -> None:
    """A JSON body, a transaction, and a refusal of what is not in stock."""
    with beside.client() as client:
        product = client.get("/api/products", params={"q": "bread"}).json()["items"][0]
        order = {"name": "Bo", "email": "bo@example.org", "lines": [{"product_id": product["id"]}]}
        assert client.post("/api/orders", json=order).status_code == 201
