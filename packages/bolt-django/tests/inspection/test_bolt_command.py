"""`manage.py bolt`."""

import io
import json
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.inspection import doctor, routes
from boltsite_tools.process import manage
from django.core.management import CommandError, call_command
from django.test import override_settings

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("bolt", *args, stdout=out)
    return out.getvalue()


def test_the_table_of_routes() -> None:
    """A line for each route, in the order of paths; where the handler stands only when asked."""
    lines = run("routes").splitlines()

    assert lines[0].split() == ["METHOD", "PATH", "NAME", "HANDLER", "KIND"]
    paths = [line.split()[1] for line in lines[1:]]
    assert paths == sorted(paths)
    at = paths.index("/hello") + 1
    assert lines[at].split() == ["GET", "/hello", "-", "boltsite.api.hello", "async"]
    assert lines[at + 1].split() == ["GET", "/hello/sync", "-", "boltsite.api.hello_sync", "sync"]
    verbose = run("routes", "--verbose").splitlines()
    assert verbose[0].split()[-2:] == ["LOCATION", "MIDDLEWARE"]
    assert "boltsite/api.py:8" in verbose[at]


def test_routes_as_json() -> None:
    """Everything about them, for programs."""
    rows = json.loads(run("routes", "--json"))

    first = next(row for row in rows if row["path"] == "/hello")
    assert (first["method"], first["path"], first["handler"]) == ("GET", "/hello", "boltsite.api.hello")
    assert (first["kind"], first["middleware"]) == ("async", [])
    assert first["location"].endswith("boltsite/api.py:8")


def test_names_and_middleware_of_a_route() -> None:
    """The name that the route was given; each middleware with its cost where that is known."""
    api = BoltAPI()

    @api.get("/a", name="the_a")
    async def a() -> None: ...

    (row,) = routes.rows_of(api.routes)
    assert row.name == "the_a"
    costly = routes.MiddlewareRow("app.Slow", 12.34)
    shown = routes.RouteRow(**(row.as_json() | {"middleware": (routes.MiddlewareRow("app.Free"), costly)}))
    assert routes.table([shown], verbose=True).endswith("app.Free, app.Slow (12.3 µs)")


def test_middleware_of_a_route() -> None:
    """The framework's own by their names, Django's with what they cost."""
    session = "django.contrib.sessions.middleware.SessionMiddleware"
    with override_settings(BOLT={"MIDDLEWARE": [session]}, BOLT_API=["boltsite.api:api"]):
        rows = json.loads(run("routes", "--json"))
        shown = run("routes", "--verbose").splitlines()[1]

    ((found,),) = {tuple(one["name"] for one in row["middleware"]) for row in rows}
    assert found == session
    assert 0 < rows[0]["middleware"][0]["cost_us"] < 10_000
    assert shown.endswith(" µs)")


@override_settings(BOLT_API=["nowhere:api"])
def test_an_api_that_cannot_be_loaded() -> None:
    """Is one line."""
    with pytest.raises(CommandError, match="there is no module nowhere"):
        run("routes")


def findings(**settings: Any) -> dict[str, list[doctor.Finding]]:
    """What the doctor says, by topic."""
    with override_settings(**settings):
        found: dict[str, list[doctor.Finding]] = {}
        for finding in doctor.examine({}):
            found.setdefault(finding.topic, []).append(finding)
        return found


def test_a_sound_project() -> None:
    """Every topic is told, and nothing is wrong."""
    found = findings()

    before, after = "address processes threads", "database hosts proxies debug cache middleware headers routes checks"
    assert list(found) == [*before.split(), "async orm", *after.split()]
    errors = [one for many in found.values() for one in many if one.level == "error"]
    # What other tests in this process have declared on PostgreSQL's own columns.
    assert not [one for one in errors if "postgres.E005" not in one.what]


@pytest.mark.parametrize(
    ("settings", "topic", "level", "says"),
    [
        ({"BOLT": {"PROCESSES": 999}}, "processes", "note", "more only cost memory"),
        ({"BOLT": {"HOST": "0.0.0.0"}, "DEBUG": True}, "debug", "error", "listens in public"),
        ({"DEBUG": True}, "debug", "note", "on: errors show source"),
        ({"ALLOWED_HOSTS": []}, "hosts", "error", "refuses every host"),
        ({"ALLOWED_HOSTS": ["*"]}, "hosts", "warning", "any host is answered"),
        ({"BOLT": {"TRUSTED_PROXIES": ["unix"]}}, "proxies", "ok", "unix: their X-Forwarded-For"),
        ({"USE_X_FORWARDED_HOST": True}, "proxies", "note", "whoever connects"),
        ({}, "async orm", "ok", 'not in greenlets: DATABASES["default"] is not of Django'),
        ({"BOLT": {"ASYNC_ORM": "threads"}}, "async orm", "ok", "on threads: "),
        ({"BOLT": {"ASYNC_ORM": "greenlets"}}, "async orm", "warning", 'DATABASES["default"] is not of Django'),
        ({"BOLT": {"PROCESSES": 2}}, "cache", "warning", "each of 2 processes"),
        ({"MIDDLEWARE": []}, "headers", "note", "no security headers"),
        ({"BOLT_API": ["nowhere:api"]}, "checks", "error", "(bolt.E010)"),
        ({"BOLT": {"PORT": "http"}}, "options", "error", "a whole number"),
        ({"BOLT": {"TRUSTED_PROXIES": ["x"]}}, "options", "error", "is no trusted proxy"),
    ],
)
def test_what_the_doctor_finds(settings: dict[str, Any], topic: str, level: str, says: str) -> None:
    """What is configured, what that means, and for what is wrong what to change."""
    matching = [one for one in findings(**settings)[topic] if says in one.what]

    assert [one.level for one in matching] == [level]
    assert level == "ok" or topic == "checks" or matching[0].change


def test_the_doctor_tells_of_greenlets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing keeps async ORM calls from them."""
    monkeypatch.setattr("bolt_django.async_orm.obstacle", lambda: None)

    for settings in ({}, {"BOLT": {"ASYNC_ORM": "greenlets"}}):
        (found,) = findings(**settings)["async orm"]

        assert (found.level, found.what[:12]) == ("ok", "in greenlets")


def test_exit_codes() -> None:
    """1 with errors, else 0; the report says where."""
    sound = manage("bolt", "doctor")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.startswith("ok       address     listens on 127.0.0.1:8000")

    broken = manage("bolt", "doctor", "--json", env={"BOLT_PORT": "http"})
    assert broken.returncode == 1
    assert json.loads(broken.stdout)[0]["level"] == "error"
