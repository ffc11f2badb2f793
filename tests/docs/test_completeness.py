"""The reference knows every option and every name, and names nothing that is not there."""

import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path

import bolt_core
import bolt_serializers
import httpx2
import pytest
from bolt_core import exceptions, param_functions
from bolt_core.api_options import APIOptions
from bolt_core.config import ServerConfig
from bolt_core.logging import LoggingConfig
from bolt_core.options import RouteOptions
from bolt_django.conf import BoltSettings
from bolt_django.options import RUN_OPTIONS
from bolt_serializers.fields import FieldOptions
from bolt_testing import options as client_options

from .pages import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), *ROOT.glob("packages/*/*.md"), *ROOT.glob("examples/**/*.md")]
)
DOTTED = re.compile(r"(?<![\w./-])(?:bolt_(?:serializers|core|django|testing)|django_bolt)(?:\.[A-Za-z_]\w*)+")
EVENT_OPTIONS = client_options.EventOptions.__annotations__
HTTPX_OPTIONS = {*inspect.signature(httpx2.Client.request).parameters} - {"method"}
MARKERS = ("MarkerOptions", "NamedOptions", "BodyOptions", "FileOptions")

OPTIONS = [
    ("reference/server.md", [field.name for field in fields(ServerConfig)]),
    ("reference/settings.md", list(BoltSettings.__annotations__)),
    (
        "reference/runbolt.md",
        [name for option in RUN_OPTIONS for name in (option.flag_name, option.env_name, option.key)],
    ),
    ("reference/routing.md", list(RouteOptions.__annotations__)),
    ("reference/routing.md", list(APIOptions.__annotations__)),
    ("reference/parameters.md", [name for kind in MARKERS for name in getattr(param_functions, kind).__annotations__]),
    ("reference/errors.md", [name for name in exceptions.__all__ if name != "ClientDisconnect"]),
    ("SERIALIZERS.md", [field.name for field in fields(FieldOptions)]),
    ("SERIALIZERS.md", bolt_serializers.__all__),
    ("how-to/testing.md", list(client_options.TestClientOptions.__annotations__)),
    # What httpx2 documents is left to it.
    ("how-to/testing.md", [name for name in EVENT_OPTIONS if name not in HTTPX_OPTIONS]),
]


@pytest.mark.parametrize(("page", "names"), OPTIONS)
def test_every_option_is_documented(page: str, names: list[str]) -> None:
    """On its page, as code."""
    text = (DOCS / page).read_text()

    assert [name for name in names if not re.search(rf"`[^`\n]*(?<!\w){re.escape(name)}(?!\w)[^`\n]*`", text)] == []


def test_every_name_of_the_core_is_documented() -> None:
    """On some page of the reference, but for what is only ever handed over."""
    text = "".join(page.read_text() for page in DOCS.glob("**/*.md"))

    assert [name for name in bolt_core.__all__ if name not in text and name != "FrozenApp"] == []


def exists(dotted: str) -> bool:
    """Whether a dotted path leads to a module, or to what one holds."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    """Each dotted path of ours, in text and in code; the name of the access logger is no module's."""
    named = {*DOTTED.findall(page.read_text())} - {LoggingConfig().logger_name}
    assert sorted(name for name in named if not exists(name)) == []


def test_a_name_that_is_gone_is_found() -> None:
    """Modules, what they hold, and attributes of that are told from what is none."""
    assert exists("bolt_core.forms.form_of")
    assert exists("bolt_core.config.ServerConfig.max_drain")
    assert not exists("bolt_core.forms.nothing")
    assert not exists("bolt_core.nowhere")
