"""What `manage.py check` says of routes, before any request."""

import re
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.checks import routes
from bolt_django.checks.urls import django_urls, pattern_of
from boltsite.library.models import Author
from boltsite.shop.models import Product
from django.core import checks
from django.db.models import QuerySet
from django.test import override_settings
from django.urls import include, path, re_path

type Found = list[tuple[str | None, str]]


def view(request: Any, **kwargs: Any) -> None:
    """Never called."""


@pytest.fixture
def find() -> Iterator[Callable[..., Found]]:
    """What the checks say of APIs, and of Django's URLs beside them."""

    def run(*apis: BoltAPI, urls: list[Any] | None = None) -> Found:
        module: Any = types.ModuleType("checked_project")
        module.urlpatterns = urls or []
        paths = []
        for index, api in enumerate(apis):
            setattr(module, f"api{index}", api)
            paths.append(f"checked_project:api{index}")
        sys.modules["checked_project"] = module
        with override_settings(BOLT_API=paths, ROOT_URLCONF="checked_project"):
            return [(one.id, one.msg) for one in checks.run_checks(tags=["bolt"])]

    yield run
    sys.modules.pop("checked_project", None)


def api_of(*paths: str, **options: Any) -> BoltAPI:
    """An API with a GET route at each of *paths*."""
    api = BoltAPI(**options)
    for one in paths:
        names = [part.strip("{}").partition(":")[0] for part in one.split("/") if part.startswith("{")]
        namespace: dict[str, Any] = {}
        exec(f"def handler({', '.join(f'{name}: str' for name in names)}): ...", namespace)
        api.get(one)(namespace["handler"])
    return api


def test_a_project_without_mistakes(find: Callable[..., Found]) -> None:
    """Has no findings, parameters beside literal text included."""
    assert find(api_of("/items/{id}", "/items/new", "/items/"), urls=[path("admin/", view)]) == []


def test_two_handlers_for_the_same_requests(find: Callable[..., Found]) -> None:
    """bolt.E011 names both, whatever their parameters are called."""
    ((check_id, message),) = find(api_of("/items/{id}"), api_of("/items/{name}"))

    assert check_id == "bolt.E011"
    assert "GET /items/{name}" in message
    assert "GET /items/{id}" in message


def test_policies_that_contradict_each_other(find: Callable[..., Found]) -> None:
    """bolt.E010, as at the start of the server."""
    found = find(api_of("/a", trailing_slash="append"), api_of("/b", trailing_slash="strict"))

    assert [check_id for check_id, _ in found] == ["bolt.E010"]


def test_every_module_that_cannot_be_imported(find: Callable[..., Found]) -> None:
    """bolt.E010 for each, not for the first alone."""
    with override_settings(BOLT_API=["nowhere:api", "boltsite.api:missing", "boltsite.api:api"]):
        found = [(one.id, one.msg) for one in checks.run_checks(tags=["bolt"])]

    assert [check_id for check_id, _ in found] == ["bolt.E010", "bolt.E010"]
    assert "there is no module nowhere" in found[0][1]


def test_a_conflict_within_a_module(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """bolt.E011 where importing the module raises it."""
    (tmp_path / "conflicting.py").write_text(
        "from bolt_core import BoltAPI\napi = BoltAPI()\n"
        "@api.get('/a')\ndef one(): ...\n@api.get('/a')\ndef two(): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(BOLT_API=["conflicting:api"]):
        ((check_id, message),) = [(one.id, one.msg) for one in checks.run_checks(tags=["bolt"])]

    assert check_id == "bolt.E011"
    assert "one()" in message
    assert "two()" in message


@pytest.mark.parametrize(
    ("route", "url"),
    [
        ("/api/items", path("api/items", view)),
        ("/api/{name}", path("api/items", view)),
        ("/api/{id}", path("api/<int:pk>", view)),
        ("/api/{id}", path("api/<uuid:pk>", view)),
        ("/api/{id}", re_path(r"^api/(?P<pk>\d+)$", view)),
        ("/{rest:path}", path("admin/", include([path("x/<path:rest>", view)]))),
        ("/caf\u00e9/{id}", path("caf\u00e9/<slug:s>", view)),
    ],
)
def test_urls_that_a_route_hides(find: Callable[..., Found], route: str, url: Any) -> None:
    """bolt.W010 names the route, where it is, and the URL."""
    ((check_id, message),) = find(api_of(route), urls=[url])

    assert check_id == "bolt.W010"
    assert "hides Django's URL" in message
    assert "GET /" in message


@pytest.mark.parametrize(
    ("route", "url"),
    [
        ("/api/items", path("api/items/", view)),
        ("/api/new", path("api/<str:name>", view)),
        ("/api/{id}", path("api/<path:rest>", view)),
        ("/api/7", path("api/<int:pk>", view)),
        ("/other", path("", view)),
    ],
)
def test_urls_that_are_reached(find: Callable[..., Found], route: str, url: Any) -> None:
    """A route that takes only some of a URL's requests, or none, hides nothing."""
    assert find(api_of(route), urls=[url]) == []


def test_a_route_that_hides_much_is_one_warning(find: Callable[..., Found]) -> None:
    """With a few of the URLs and how many more there are."""
    ((_, message),) = find(api_of("/{rest:path}"), urls=[path(f"page{index}/", view) for index in range(5)])

    assert "'page0/', 'page1/', 'page2/' and 2 more" in message


def test_samples_match_their_patterns() -> None:
    """Every URL of the test project has one that Django resolves to it."""
    from django.urls import resolve

    urls = django_urls()
    assert len(urls) > 20
    for url in urls:
        assert resolve(url.sample), url
    assert pattern_of("/a/{x}")("/a/b%20c")
    assert not pattern_of("/a/{x}")("/a/b/c")


@pytest.mark.parametrize(
    "annotation",
    [
        Author,
        Author | None,
        list[Author],
        QuerySet[Author],
        dict[str, list[Author]],
        tuple[Author, int],
        AsyncIterator[Author],
    ],
)
def test_models_without_a_serializer(find: Callable[..., Found], annotation: Any) -> None:
    """bolt.W011, wherever the annotation has the model."""
    api = BoltAPI()

    def handler() -> Any: ...

    handler.__annotations__["return"] = annotation
    api.get("/authors")(handler)
    ((check_id, message),) = find(api)

    assert check_id == "bolt.W011"
    assert re.search("returns (Author|QuerySet) without a serializer", message)


def test_models_with_a_model_of_the_reply(find: Callable[..., Found]) -> None:
    """`response_model=` says what leaves, and other annotations hold no model."""
    api = BoltAPI()

    @api.get("/a", response_model=list[dict[str, Any]])
    def a() -> list[Product]: ...

    @api.get("/b")
    def b() -> dict[str, int]: ...

    assert find(api) == []


def test_the_checks_alone_import_apis() -> None:
    """`ready()` stays light: no API is imported by `django.setup()`."""
    import subprocess

    code = (
        "import django, sys; django.setup(); print([name for name in sys.modules if name.endswith('.api') "
        "and name.startswith('boltsite')])"
    )
    import os
    from pathlib import Path

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "boltsite.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert routes.plans()
