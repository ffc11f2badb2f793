"""Autodiscovery of `api` modules, and BOLT_API."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django import discovery, project
from bolt_django.discovery import DiscoveryError, find_apis
from django.apps import apps


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory to import from; its modules are forgotten at the end."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def module(folder: Path, name: str, text: str) -> None:
    """Write a package's `api` module."""
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "api.py").write_text(text)


_API = "from bolt_core import BoltAPI\napi = BoltAPI()\n"


def test_project_first_then_apps_in_order() -> None:
    """The project package's API comes first, the apps' follow in the order of INSTALLED_APPS."""
    from boltsite.api import api as project_api
    from boltsite.gate.api import api as gate_api
    from boltsite.people.api import api as people_api
    from boltsite.shop.api import api as shop_api

    assert find_apis() == [project_api, shop_api, gate_api, people_api]


def test_packages_of_urlconf_and_settings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in a package are found, and the packages around it, each once."""
    settings.ROOT_URLCONF = "shop.urls"
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings.dev")
    assert discovery.project_packages() == ["shop", "shop.settings"]

    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "settings")
    assert discovery.project_packages() == ["shop"]


@pytest.mark.parametrize("path", ["boltsite.shop.api:api", "boltsite.shop.api.api"])
def test_bolt_api_serves_what_it_lists(settings: Any, path: str) -> None:
    """BOLT_API names the APIs to serve, in either notation, each once, and nothing else is."""
    from boltsite.shop.api import api

    settings.BOLT_API = [path, path]
    assert find_apis() == [api]

    settings.BOLT_API = path
    assert find_apis() == [api]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("api", "is no dotted path"),
        ("boltsite.nothing:api", "there is no module boltsite.nothing"),
        ("boltsite.api:nothing", "boltsite.api has nothing of that name"),
        ("boltsite.api:hello", "boltsite.api has a function of that name"),
    ],
)
def test_a_wrong_path_in_bolt_api(settings: Any, path: str, says: str) -> None:
    """A path that leads to no API is named, with what is there."""
    settings.BOLT_API = [path]

    with pytest.raises(DiscoveryError, match=says):
        find_apis()


def test_an_included_api_is_served_by_its_includer(settings: Any, folder: Path) -> None:
    """An API that another found one includes is not served a second time."""
    module(folder, "one", _API)
    module(folder, "two", _API + "from one.api import api as inner\napi.include(inner, '/inner')\n")
    settings.ROOT_URLCONF = "one.urls"
    discovery_order = ["two", "one"]
    found = []
    for name in discovery_order:
        loaded = discovery._load(f"{name}.api")
        assert loaded is not None
        found.append(loaded.api)

    assert discovery.outermost(found) == [found[0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 +\n", r"cannot import broken\.api: SyntaxError: invalid syntax \(.*api\.py, line 1\)"),
        ("\nnames\n", r"NameError: name 'names' is not defined \(.*api\.py, line 2\)"),
        ("import broken.missing\n", r"ModuleNotFoundError: No module named 'broken\.missing'"),
        ("raise RuntimeError('two\\nlines')\n", r"RuntimeError: two lines \(.*line 1\)"),
    ],
)
def test_a_module_that_cannot_be_imported(settings: Any, folder: Path, text: str, says: str) -> None:
    """An error in an api module is one line with module, error, file and line."""
    module(folder, "broken", text)
    settings.ROOT_URLCONF = "broken.urls"

    with pytest.raises(DiscoveryError, match=says) as caught:
        find_apis()
    assert "\n" not in str(caught.value)


def test_build_can_be_repeated() -> None:
    """Building the application twice gives the same routes: nothing is left behind in the project's APIs."""
    first, second = project.build(), project.build()

    assert [route.path for route in first.app.routes] == [route.path for route in second.app.routes]
    assert first.app.fallback is not None


def test_a_conflict_between_apis_names_both_handlers() -> None:
    """Two APIs with the same route are an error that names both."""
    one, two = BoltAPI(), BoltAPI()

    @one.get("/same")
    async def first() -> None: ...

    @two.get("/same")
    async def second() -> None: ...

    with pytest.raises(DiscoveryError, match=r"second\(\).*first\(\)"):
        project.build([one, two])


def test_apis_must_agree_about_slashes() -> None:
    """One application has one policy for trailing slashes."""
    with pytest.raises(DiscoveryError, match="differ in trailing_slash"):
        project.build([BoltAPI(trailing_slash="append"), BoltAPI(), BoltAPI(trailing_slash="strict")])

    assert project.build([BoltAPI(), BoltAPI(trailing_slash="strict")]).app.trailing_slash == "strict"
    assert project.build([BoltAPI()]).app.trailing_slash is None


def test_the_app_has_a_stable_label() -> None:
    """The app is found under its label, which other packages may name."""
    assert apps.get_app_config("bolt_django").name == "bolt_django"
