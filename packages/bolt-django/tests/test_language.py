"""Error texts in the language of the client, or of the site."""

from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, Query
from bolt_django import language, project
from bolt_serializers import Serializer
from boltsite_tools.inprocess import Client
from django.test import override_settings
from django.utils import translation
from django.utils.translation import trans_real

GERMAN = {"Accept-Language": "de-AT, en;q=0.5", "Content-Type": "application/json"}

CATALOG = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Field required"
msgstr "Pflichtfeld"

msgid "Expected an integer"
msgstr "Eine ganze Zahl wird erwartet"

msgid "Must be at least {ge}"
msgstr "Mindestens {ge}"
"""


def compiled(text: str) -> bytes:
    """A catalogue as gettext reads it (GNU gettext manual, "The Format of GNU MO Files")."""
    import re
    import struct

    pairs = re.findall(r'msgid "(.*)"\nmsgstr "(.*)"', text)
    entries = sorted((key.encode(), value.replace("\\n", "\n").encode()) for key, value in pairs)
    tables, data, start = [b"", b""], b"", 28 + 16 * len(entries)
    for column in (0, 1):
        for entry in entries:
            tables[column] += struct.pack("<II", len(entry[column]), start + len(data))
            data += entry[column] + b"\0"
    count = len(entries)
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + b"".join(tables) + data


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project's own translations, loaded for the test alone."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(compiled(CATALOG))
    monkeypatch.setattr(trans_real, "_translations", {})
    monkeypatch.setattr(trans_real, "_default", None)
    with override_settings(LOCALE_PATHS=[str(tmp_path)]):
        yield


class Item(Serializer):
    """A body."""

    name: str


def ask(accept: dict[str, str] = GERMAN) -> tuple[list[str], str]:
    """Texts of the problems of a request, and the language in a later handler."""
    api = BoltAPI()

    @api.post("/it")
    async def it(item: Item, page: int, least: int = Query(default=1, ge=1)) -> None: ...

    @api.get("/language")
    def now() -> str:
        return str(translation.get_language())

    with Client(project.build([api])) as client:
        reply = client.request("POST", "/it?page=x&least=0", b"{}", accept)
        return [one["msg"] for one in reply.json()["detail"]], client.get("/language", accept).body.decode()


def test_english_without_more() -> None:
    """Whatever the client asks for, where the project does not negotiate languages."""
    assert ask()[0] == ["Field required", "Expected an integer", "Must be at least 1"]


@override_settings(LANGUAGE_CODE="de")
def test_the_language_of_the_site() -> None:
    """LANGUAGE_CODE."""
    assert ask({"Content-Type": "application/json"})[0] == [
        "Pflichtfeld",
        "Eine ganze Zahl wird erwartet",
        "Mindestens 1",
    ]


@override_settings(MIDDLEWARE=[language.LOCALE])
def test_the_language_of_the_client() -> None:
    """With LocaleMiddleware, for the texts of the error alone: no other request sees it."""
    texts, later = ask()

    assert texts == ["Pflichtfeld", "Eine ganze Zahl wird erwartet", "Mindestens 1"]
    assert later == "en-us"
    assert ask({"Content-Type": "application/json"})[0][0] == "Field required"


@override_settings(MIDDLEWARE=[language.LOCALE], USE_I18N=False)
def test_without_translations() -> None:
    """USE_I18N switches them off."""
    assert ask()[0][0] == "Field required"
