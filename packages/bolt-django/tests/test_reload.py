"""`runbolt --dev`: restarts on a change, and waits for one after an error."""

import builtins
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from bolt_django.server import reload
from boltsite_tools.process import Served, alive, wait_until


@pytest.fixture
def served(site: Path, database: dict[str, str]) -> Iterator[Served]:
    """The copy, served with --dev and DEBUG."""
    with Served("--dev", "--port", "0", env=database | {"TEST_DEBUG": "1"}, cwd=site) as served:
        yield served


def edit(site: Path, old: str, new: str) -> None:
    """Change the project's API."""
    file = site / "boltsite" / "api.py"
    file.write_text(file.read_text().replace(old, new))


def test_a_change_is_served_on_the_same_address(site: Path, served: Served) -> None:
    """After an edit the new code answers on the old port, and the end is orderly."""
    assert served.get("/hello") == (200, b'{"hello":"async"}')
    port = served.port

    edit(site, '"async"', '"edited"')

    served.wait_for_line("Listening:", count=2)
    assert served.get("/hello") == (200, b'{"hello":"edited"}')
    assert served.port == port
    assert served.stop(signal.SIGINT) == 0


def test_a_syntax_error_is_shown_and_mended(site: Path, served: Served) -> None:
    """A broken edit shows its traceback and waits; the mending edit is served."""
    served.wait_ready()

    edit(site, "api = BoltAPI()", "api = BoltAPI(")
    served.wait_for_line("SyntaxError: .*never closed")
    served.wait_for_line("waiting for a change")
    edit(site, "api = BoltAPI(", "api = BoltAPI()")

    served.wait_for_line("Listening:", count=2)
    assert served.get("/hello")[0] == 200


def test_the_debug_page_in_a_browser(served: Served) -> None:
    """An unexpected error shows Django's page to a browser and a traceback in JSON to others."""
    status, page = served.get("/shop/error/500", Accept="text/html,*/*;q=0.8")
    assert status == 500
    assert b"ZeroDivisionError" in page
    assert b"<html" in page

    status, body = served.get("/shop/error/500", Accept="application/json")
    assert status == 500
    assert b'"detail":"ZeroDivisionError: a secret divisor"' in body


def test_static_files_in_debug(served: Served) -> None:
    """With DEBUG the server serves the apps' static files."""
    assert served.get("/static/shop/shop.css") == (200, b"body { color: black; }\n")


def test_the_child_ends_with_a_killed_reloader(served: Served) -> None:
    """A reloader that is killed takes the serving process along."""
    import json

    pid = json.loads(served.get("/shop/pid")[1])["pid"]
    served.process.kill()
    served.wait()

    wait_until(lambda: not alive(pid), "the child ends")


def test_without_watchfiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing watchfiles is one line that says how to install it."""
    real = builtins.__import__

    def fail(name: str, *args: object, **kwargs: object) -> object:
        if name == "watchfiles":
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", fail)

    with pytest.raises(reload.MissingWatcher, match="pip install 'bolt-django"):
        reload.load_watch()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/site/shop/api.py", True),
        ("/site/shop/templates/a.html", True),
        ("/site/shop/__pycache__/api.py", False),
        ("/site/.git/hook.py", False),
        ("/site/db.sqlite3", False),
    ],
)
def test_what_counts_as_source(path: str, expected: bool) -> None:
    """Sources and templates ask for a restart, what tools write beside them does not."""
    assert reload.is_source(None, path) is expected


def test_installed_packages_are_not_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories inside others and installed packages are left out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()

    assert reload.source_paths([tmp_path / "shop", Path(pytest.__file__).parent], [tmp_path / "none"]) == [tmp_path]
