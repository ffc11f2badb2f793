"""URLs of our routes in Django's terms."""

import types
import uuid
from typing import Any

import pytest
from bolt_core import reversing
from bolt_django.bridge.checks import check_include
from boltsite.gate.api import api
from django.template import Context, Template
from django.test import override_settings
from django.urls import NoReverseMatch, clear_script_prefix, include, path, resolve, reverse, set_script_prefix

THING = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("name", "kwargs", "url"),
    [
        ("bolt:hello", {}, "/hello"),
        ("bolt:gate:item", {"item_id": 3}, "/gate/items/3"),
        ("bolt:gate:thing", {"thing": THING}, f"/gate/things/{THING}"),
        ("bolt:gate:file", {"rest": "a b/c.txt"}, "/gate/files/a%20b/c.txt"),
        ("bolt:gate:menu", {"name": "é%"}, "/gate/caf%C3%A9/%C3%A9%25.txt"),
    ],
)
def test_reverse_gives_the_path_that_url_for_gives(name: str, kwargs: dict[str, Any], url: str) -> None:
    """From Django's side and from ours, percent-encoded alike."""
    assert reverse(name, kwargs=kwargs) == url
    if name.startswith("bolt:gate:"):
        assert api.url_for(name.removeprefix("bolt:gate:"), **kwargs) == url
        assert api.url_for(name.removeprefix("bolt:"), **kwargs) == url


def test_reverse_takes_a_query() -> None:
    """Django's own, from 5.2 on."""
    assert reverse("bolt:gate:item", kwargs={"item_id": 3}, query={"q": "a b"}) == "/gate/items/3?q=a+b"


def test_templates_have_the_urls() -> None:
    """By the tag `url`."""
    template = Template("{% url 'bolt:gate:item' item_id=number %}")

    assert template.render(Context({"number": 3})) == "/gate/items/3"


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("bolt:gate:item", {"item_id": "x"}),
        ("bolt:gate:item", {"item_id": 0}),
        ("bolt:gate:item", {}),
        ("bolt:gate:item", {"item_id": 1, "more": 2}),
        ("bolt:gate:thing", {"thing": "7"}),
        ("bolt:gate:twins", {}),
        ("bolt:nowhere", {}),
    ],
)
def test_what_does_not_fit_is_no_match(name: str, kwargs: dict[str, Any]) -> None:
    """Values that the handler would refuse, other parameters, unknown and ambiguous names: on both sides."""
    with pytest.raises(NoReverseMatch):
        reverse(name, kwargs=kwargs)
    with pytest.raises(NoReverseMatch) as caught:
        api.url_for(name.removeprefix("bolt:gate:"), **kwargs)
    assert isinstance(caught.value, reversing.NoReverseMatch)


def test_the_sites_prefix_stands_in_front() -> None:
    """That of FORCE_SCRIPT_NAME, or of the server in front."""
    set_script_prefix("/site/")
    try:
        assert api.url_for("item", item_id=3) == "/site/gate/items/3"
        assert reverse("bolt:gate:item", kwargs={"item_id": 3}) == "/site/gate/items/3"
    finally:
        clear_script_prefix()


def test_django_resolves_our_paths() -> None:
    """To the name and the parameters, as text: the engine reads them."""
    match = resolve("/gate/items/3")

    assert match.view_name == "bolt:gate:item"
    assert match.kwargs == {"item_id": "3"}


def test_handlers_make_urls(client: Any) -> None:
    """Paths and absolute URLs, of the application that serves them."""
    assert client.get("/gate/urls").json() == {
        "path": "/gate/items/3",
        "url": "http://testserver/gate/items/3?q=%C3%A4",
    }


def test_the_include_belongs_to_the_root() -> None:
    """Below a prefix, or twice, it is an error that says what to write."""
    assert check_include(None) == []
    for patterns, ids in (
        ([path("api/", include("bolt_django.urls"))], ["bolt.E040"]),
        (
            [path("", include([path("", include("bolt_django.urls"))])), path("", include("bolt_django.urls"))],
            ["bolt.E040"],
        ),
        ([path("", include("bolt_django.urls"))], []),
    ):
        urlconf = types.ModuleType("other_urls")
        urlconf.urlpatterns = patterns  # type: ignore[attr-defined]
        with override_settings(ROOT_URLCONF=urlconf):
            assert [message.id for message in check_include(None)] == ids
