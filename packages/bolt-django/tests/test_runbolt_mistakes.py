"""What `runbolt` says to mistakes: one line that helps, and an exit code that is not 0."""

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boltsite_tools.process import SITE, Served, manage

type Serve = Callable[..., Served]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the test project to break."""
    shutil.copytree(SITE / "boltsite", tmp_path / "boltsite", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SITE / "manage.py", tmp_path)
    return tmp_path


def refused(*args: str, env: dict[str, str] | None = None, cwd: Path = SITE) -> str:
    """What `runbolt` prints on stderr when it does not start; asserts that this is one line and an error's."""
    done = manage("runbolt", *args, env=env, cwd=cwd)
    assert done.returncode != 0
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_taken_port(taken: int, processes: str) -> None:
    """A port in use is named, with what to do."""
    line = refused("--port", str(taken), "--processes", processes)

    assert line == f"CommandError: 127.0.0.1:{taken} is already in use; stop the other server or choose another --port"


def test_a_port_that_another_runbolt_shares(serve: Serve) -> None:
    """A second server does not share the port of one whose workers share it among themselves."""
    served = serve("--processes", "2").wait_ready()

    assert "already in use" in refused("--port", str(served.port), "--processes", "2")


def test_a_unix_socket_in_use(serve: Serve, tmp_path: Path) -> None:
    """The socket of a running server is not taken away from it."""
    path = str(tmp_path / "site.sock")
    serve("--uds", path, port=False).wait_for_line("Listening:")

    assert f"{path} is already in use" in refused("--uds", path)


def test_a_file_in_place_of_a_unix_socket(tmp_path: Path) -> None:
    """A file that is no socket is left alone."""
    path = tmp_path / "precious.txt"
    path.write_text("precious")

    assert "exists and is not a socket" in refused("--uds", str(path))
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("args", "env", "says"),
    [
        (("--uds", "x.sock", "--port", "8000"), {}, "--uds and --port exclude each other"),
        (("--processes", "0"), {}, "--processes is '0'; it must be a whole number of at least 1"),
        (("--port", "http"), {}, "--port is 'http'; it must be a whole number from 0 to 65535"),
        (("--dev", "--processes", "2"), {}, "--dev serves from one process"),
        (("--log-format", "xml"), {}, "--log-format is 'xml'; it must be one of short, combined, json"),
        ((), {"BOLT_PORT": "many"}, "environment variable BOLT_PORT is 'many'"),
        (("--host", "no.such.host.invalid"), {}, "cannot resolve --host 'no.such.host.invalid'"),
        (("--host", "192.0.2.1"), {}, "192.0.2.1 is no address of this machine"),
    ],
)
def test_a_bad_option(args: tuple[str, ...], env: dict[str, str], says: str) -> None:
    """An option that cannot be used is named with its origin and what it takes."""
    assert says in refused(*args, env=env)


def test_a_syntax_error_in_an_api_module(site: Path) -> None:
    """A module that cannot be imported is named with file, line and error."""
    (site / "boltsite" / "shop" / "api.py").write_text("api = (\n")

    line = refused("--port", "0", cwd=site)

    assert line == (
        "CommandError: cannot import boltsite.shop.api: "
        "SyntaxError: '(' was never closed (boltsite/shop/api.py, line 1)"
    )


def test_a_missing_import_in_an_api_module(site: Path) -> None:
    """A module that is there but imports one that is not is no project without an API."""
    (site / "boltsite" / "api.py").write_text("import no_such_thing\n")

    assert "cannot import boltsite.api: ModuleNotFoundError: No module named 'no_such_thing'" in refused(cwd=site)


def test_the_traceback_with_more_verbosity(site: Path) -> None:
    """With --verbosity 2 the traceback precedes the line."""
    (site / "boltsite" / "api.py").write_text("import no_such_thing\n")

    done = manage("runbolt", "--verbosity", "2", cwd=site)

    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("CommandError: cannot import boltsite.api")


def test_a_route_that_two_apps_have(site: Path) -> None:
    """A conflict between two apps names both handlers."""
    with (site / "boltsite" / "api.py").open("a") as file:
        file.write("\n\n@api.get('/shop/pid')\ndef rival() -> None: ...\n")

    line = refused(cwd=site)

    assert "boltsite.api.rival" in line
    assert "boltsite.shop.api.pid" in line


def test_an_unknown_key_in_settings(site: Path) -> None:
    """A mistyped key of settings.BOLT is an error that guesses the right one."""
    with (site / "boltsite" / "settings.py").open("a") as file:
        file.write("\nBOLT = {'PROCESES': 2}\n")

    line = refused(cwd=site)

    assert line == "CommandError: (bolt.E001) settings.BOLT: unknown key 'PROCESES'; did you mean 'PROCESSES'?"


def test_a_bad_value_in_settings(site: Path) -> None:
    """A value that cannot be used is one line with the key."""
    with (site / "boltsite" / "settings.py").open("a") as file:
        file.write("\nBOLT = {'PORT': 'many'}\n")

    assert "settings.BOLT[\"PORT\"] is 'many'" in refused(cwd=site)


def test_a_broken_middleware(site: Path) -> None:
    """A middleware that cannot be imported stops the start, not the first request."""
    with (site / "boltsite" / "settings.py").open("a") as file:
        file.write("\nMIDDLEWARE.append('boltsite.no_such.Middleware')\n")

    assert "cannot load the project" in refused(cwd=site)
