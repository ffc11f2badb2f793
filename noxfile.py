"""Every developer command. `uv run nox -l` lists them; arguments follow `--`.

Sessions share the one environment that uv syncs (the extension is built once, in release mode); `isolated` makes clean
ones.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import nox

ROOT = Path(__file__).parent
CORE = ROOT / "packages" / "bolt-core"
UV = os.environ.get("UV") or shutil.which("uv") or "uv"
MODULES = ("bolt_serializers", "bolt_auth", "bolt_core", "bolt_testing", "bolt_django", "django_bolt")
# Rust's build scripts must see the interpreter that the extension is built for, or cargo builds PyO3 again.
CARGO_ENV = {"PYO3_PYTHON": sys.executable}

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "rust", "lint", "boundaries", "size"]


def _sync(session: nox.Session) -> None:
    """Bring the environment up to date: dependencies, and the extension where its sources changed."""
    # `--inexact` leaves what a developer installed beside it.
    session.run(UV, "sync", "--quiet", "--inexact", external=True)
    library = CORE / "src" / "bolt_core" / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not library.exists():
        # uv remembers that it built this tree; the library itself lies in the tree, where `git clean` removes it.
        session.run(UV, "sync", "--quiet", "--inexact", "--reinstall-package", "bolt-core", external=True)


def _python(session: nox.Session, *arguments: str, **environment: str) -> None:
    session.run(sys.executable, *arguments, external=True, env=environment)


@nox.session
def tests(session: nox.Session) -> None:
    """Every test of the repository, or of the suites named: `-- bolt-core tests/contract -k router`."""
    _sync(session)
    _python(session, "-m", "tools.suites", *session.posargs)


@nox.session
def isolated(session: nox.Session) -> None:
    """A package's own tests, against its wheel and declared dependencies in a clean environment: `-- bolt-testing`."""
    _sync(session)
    _python(session, "-m", "tools.isolated", *session.posargs)


@nox.session
def compat(session: nox.Session) -> None:
    """The suites that use Django, with each Django and Python that is promised: `-- 3.12/5.2 3.13 -x`."""
    _sync(session)
    _python(session, "-m", "tools.compat", *session.posargs)


@nox.session
def rust(session: nox.Session) -> None:
    """Format, lints as errors and tests of the crates. The fuzz target is run by hand: see crates/bolt-http/fuzz."""
    _sync(session)
    with session.chdir(CORE):
        session.run("cargo", "fmt", "--all", "--check", external=True)
        clippy = ("cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings")
        session.run(*clippy, external=True, env=CARGO_ENV)
    _python(session, "-m", "tools.suites", "rust")


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, mypy --strict, pyright over `typing_tests`, and the stub of the native module against the module itself."""
    _sync(session)
    _python(session, "-m", "ruff", "check", ".")
    _python(session, "-m", "ruff", "format", "--check", ".")
    _python(session, "-m", "mypy", *(word for module in MODULES for word in ("-p", module)))
    # Tests need no annotations, and the applications of the benchmarks import what is not installed here.
    ours = ("noxfile.py", "tools", "benchmarks", "typing_tests")
    _python(session, "-m", "mypy", "--exclude", "/(tests|apps)/", *ours)
    session.run("basedpyright", "--warnings", external=True)
    _python(session, "-m", "mypy.stubtest", "bolt_core._native")


@nox.session
def boundaries(session: nox.Session) -> None:
    """The arrows between packages, each package's declared imports, versions, and no machine's paths."""
    _sync(session)
    session.run("lint-imports", "--config", "tools/importlinter.ini", "--no-logo", external=True)
    for check in ("imports", "versions", "words"):
        _python(session, "-m", f"tools.{check}")


@nox.session
def size(session: nox.Session) -> None:
    """Size budgets of files, functions and parameter lists."""
    _python(session, "-m", "tools.size")


@nox.session
def bench(session: nox.Session) -> None:
    """CPU per request beside nginx and others: `-- --only bolt,nginx --case hello`; `-- serializers`; `-- database`."""
    _sync(session)
    package = next((name for name in session.posargs[:1] if name in ("serializers", "database")), None)
    module = f"benchmarks.{package or 'run'}"
    _python(session, "-m", module, *session.posargs[package is not None :])


@nox.session
def browser(session: nox.Session) -> None:
    """Pages in a real browser: events, uploads, downloads, the cache, cookies; chromium must be installed."""
    _sync(session)
    _python(session, "-m", "tools.suites", "tests/browser", *session.posargs, BROWSER_REQUIRED="1")


@nox.session
def schemathesis(session: nox.Session) -> None:
    """Many generated requests, right and wrong, against a small application; a minute for each description."""
    _sync(session)
    _python(session, "-m", "tools.suites", "tests/schemathesis", *session.posargs, SCHEMATHESIS_SECONDS="60")


@nox.session
def soak(session: nox.Session) -> None:
    """100,000 requests of all kinds with 2 % of faults, against PostgreSQL: connections, transactions, memory."""
    _sync(session)
    arguments = ("-k", "soak", "-s", *session.posargs)
    _python(session, "-m", "tools.suites", "tests/integration", *arguments, SOAK_REQUESTS="100000")


@nox.session
def demo(session: nox.Session) -> None:
    """The example shop, migrated, filled and served; arguments go to runbolt: `-- --port 9000 --processes 2`."""
    _sync(session)
    _python(session, "-m", "tools.demo", *session.posargs)
