"""The fixtures of pytest's plugin, each in a run of pytest's own."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

APP = """
from bolt_core import BoltAPI

api = BoltAPI()
log = []
api.on_startup(lambda: log.append("start"))
api.on_shutdown(lambda: log.append("stop"))

@api.get("/hello")
async def hello():
    return "hello"

class Group:
    inner = BoltAPI(prefix="/inner")

@Group.inner.get("/")
async def inner():
    return "inner"
"""

TEST = """
def test_hello(api_client):
    assert api_client.get("/hello").text == "hello"
"""

type Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest on the module *test* with the settings *ini*; its exit code and what it printed."""

    def run(test: str, ini: str = "", conftest: str = "", plugins: tuple[str, ...] = ()) -> tuple[int, str]:
        (tmp_path / "shop.py").write_text(APP)
        (tmp_path / "test_it.py").write_text(textwrap.dedent(test))
        (tmp_path / "conftest.py").write_text(textwrap.dedent(conftest))
        (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = --strict-config\npythonpath = .\n{ini}\n")
        # Other plugins may be installed, and pytest-django among them would want a project.
        blocked = ("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:schemathesis")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-W", "error::ResourceWarning", *blocked, *plugins],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_setting_names_the_application(run: Run) -> None:
    """Module and name, with a colon between them; the plugin is found by its entry point."""
    assert run(TEST, "bolt_api = shop:api")[0] == 0


def test_the_name_may_have_dots(run: Run) -> None:
    """An attribute of a class, for one."""
    code, out = run(
        """
        def test_inner(api_client):
            assert api_client.get("/inner/").text == "inner"
        """,
        "bolt_api = shop:Group.inner",
    )
    assert code == 0, out


def test_a_fixture_names_the_application(run: Run) -> None:
    """One of the name bolt_api wins over the setting, for its own tests."""
    conftest = """
        import pytest, shop

        @pytest.fixture
        def bolt_api():
            return shop.api
    """
    assert run(TEST, "bolt_api = nowhere:api", conftest)[0] == 0


def test_an_integration_finds_the_application(run: Run) -> None:
    """Where nothing else names one."""
    conftest = """
        import shop
        from bolt_core.preparation import register_application

        register_application(shop.api.freeze)
    """
    assert run(TEST, "", conftest)[0] == 0


def test_without_an_application_the_message_says_what_to_do(run: Run) -> None:
    """And tests that use no fixture of these are not troubled."""
    code, out = run(TEST + "\n\ndef test_other():\n    pass\n")

    assert code == 1
    assert "no application to test: set bolt_api = 'package.module:name'" in out
    assert "1 passed, 1 error" in out


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("shop", "bolt_api = 'shop' is no path to an application; write 'package.module:name'"),
        ("shop:", "is no path to an application"),
        ("nowhere:api", "bolt_api = 'nowhere:api' cannot be imported: No module named 'nowhere'"),
        ("shop:nothing", "cannot be imported: module 'shop' has no attribute 'nothing'"),
        ("shop:log", "TestClient takes a BoltAPI"),
    ],
)
def test_a_mistake_in_the_setting_is_told(run: Run, setting: str, message: str) -> None:
    """By what it says and what is wrong with it."""
    code, out = run(TEST, f"bolt_api = {setting}")

    assert code == 1
    assert message in out


def test_each_test_has_a_client_of_its_own(run: Run) -> None:
    """Started before it and stopped after it, hooks and all, with cookies of its own."""
    code, out = run(
        """
        import shop

        def test_one(api_client):
            api_client.cookies.set("a", "b")
            assert shop.log == ["start"]

        def test_two(api_client):
            assert not api_client.cookies
            assert shop.log == ["start", "stop", "start"]
        """,
        "bolt_api = shop:api",
    )
    assert code == 0, out


ASYNC_TEST = """
import asyncio
import pytest
import shop

{mark}
async def test_hello(async_api_client):
    assert shop.log == ["start"]
    replies = await asyncio.gather(*(async_api_client.get("/hello") for _ in range(3)))
    assert [reply.text for reply in replies] == ["hello"] * 3
"""


@pytest.mark.parametrize(
    ("plugin", "ini", "mark"),
    [
        ("pytest_asyncio", "asyncio_mode = auto", ""),
        ("pytest_asyncio", "", "@pytest.mark.asyncio"),
        ("anyio", "", "@pytest.mark.anyio"),
    ],
)
def test_the_async_client_works_with_any_plugin(run: Run, plugin: str, ini: str, mark: str) -> None:
    """Its fixture is no coroutine, so it needs none of them; whichever runs the test will do."""
    pytest.importorskip(plugin)
    conftest = "import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    code, out = run(ASYNC_TEST.format(mark=mark), f"bolt_api = shop:api\n{ini}", conftest)

    assert code == 0, out
    assert "1 passed" in out


def test_the_database_is_opened_before_the_application(run: Run) -> None:
    """A startup hook may use it, in whichever order a test names the fixtures."""
    conftest = """
        import pytest, shop

        @pytest.fixture
        def db():
            shop.log.append("db")
    """
    code, out = run(
        """
        import shop

        def test_order(api_client, db):
            assert shop.log == ["db", "start"]
        """,
        "bolt_api = shop:api",
        conftest,
    )
    assert code == 0, out


def test_the_clients_need_no_pytest() -> None:
    """Only the plugin imports it, and only pytest imports the plugin."""
    script = "import sys; sys.modules['pytest'] = None; import bolt_testing; assert bolt_testing.TestClient"
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


LIGHT_CONFTEST = """
    import sys

    HEAVY = ("bolt_core", "httpx2", "httpcore2", "bolt_testing.client")

    def pytest_sessionfinish():
        assert "bolt_testing.plugin" in sys.modules
        print("LOADED", [name for name in HEAVY if name in sys.modules])
"""


def test_a_run_without_its_fixtures_loads_no_client(run: Run) -> None:
    """Neither the engine nor the HTTP client: they would slow every run, and hide their lines from coverage."""
    blocked = ("-p", "no:asyncio", "-p", "no:anyio", "-s")
    code, out = run("def test_other():\n    pass\n", "bolt_api = shop:api", LIGHT_CONFTEST, blocked)

    assert code == 0, out
    assert "LOADED []" in out


def test_a_run_with_its_fixtures_loads_them(run: Run) -> None:
    """The same look at a run that uses one finds them, so it can find something."""
    code, out = run(TEST, "bolt_api = shop:api", LIGHT_CONFTEST, ("-s",))

    assert code == 0, out
    assert "LOADED ['bolt_core', 'httpx2', 'httpcore2', 'bolt_testing.client']" in out


def test_the_package_has_its_names_before_they_are_imported() -> None:
    """`dir()` lists them, each is what its module defines, and another name is the usual error."""
    script = """
import sys, bolt_testing
assert set(bolt_testing.__all__) <= set(dir(bolt_testing))
assert "httpx2" not in sys.modules
from bolt_testing import *
assert TestClient is sys.modules["bolt_testing.client"].TestClient is bolt_testing.TestClient
try:
    bolt_testing.Client
except AttributeError as error:
    assert "has no attribute 'Client'" in str(error)
else:
    raise AssertionError
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


def test_a_live_server_has_a_socket(run: Run) -> None:
    """On a port of its own for each test; startup and shutdown hooks run around it."""
    code, output = run(
        """
        import urllib.request

        import shop

        urls = []

        def test_one(bolt_live_server):
            urls.append(bolt_live_server.url)
            assert urllib.request.urlopen(bolt_live_server.url + "/hello", timeout=20).read() == b"hello"

        def test_another(bolt_live_server):
            assert bolt_live_server.url.startswith("http://")
            assert shop.log == ["start", "stop", "start"]
        """,
        ini="bolt_api = shop:api",
    )
    assert code == 0, output
