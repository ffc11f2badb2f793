"""Serves the example shop: migrates and fills its database, tells what to open, and becomes `manage.py runbolt`."""

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence

from tools import project

SHOP = project.ROOT / "examples" / "shop"
DATA = project.ROOT / ".nox" / "demo"


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The shop's environment: its data in the demo's own folder, unless DATABASE_URL or MEDIA_ROOT say otherwise."""
    return {"DATABASE_URL": f"sqlite:///{DATA / 'shop.sqlite3'}", "MEDIA_ROOT": str(DATA / "media"), **base}


def addresses(arguments: Sequence[str]) -> list[str]:
    """What to open in a browser when runbolt is given *arguments*; nothing where it serves no TCP address."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--host", default=os.environ.get("BOLT_HOST", "127.0.0.1"))
    parser.add_argument("--port", default=os.environ.get("BOLT_PORT", "8000"))
    parser.add_argument("--uds", default=os.environ.get("BOLT_UDS"))
    options, _ = parser.parse_known_args(arguments)
    if options.uds:
        return []
    # Every interface is reached by this name; the address itself is not one to open.
    host = "127.0.0.1" if options.host in ("0.0.0.0", "::", "[::]") else options.host
    return [f"http://{host}:{options.port}{path}" for path in ("/", "/admin/", "/api/products")]


def seed(base: Mapping[str, str]) -> list[str]:
    """Arguments of the command that fills the database and prints how to log in.

    The demo's own database gets a new password at each start, since the last one was printed and is gone.
    """
    own = "DATABASE_URL" not in base
    return ["seed", *(["--admin-password", secrets.token_urlsafe(9)] if own else [])]


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    variables = environment(os.environ)
    manage = [sys.executable, "manage.py"]
    for command in (["migrate", "--verbosity", "0"], seed(os.environ)):
        code = subprocess.run([*manage, *command], cwd=SHOP, env=variables, check=False).returncode
        if code:
            sys.exit(code)
    print("\n".join(f"  {address}" for address in addresses(arguments)), flush=True)
    os.chdir(SHOP)
    # In place of this process, so that signals reach runbolt itself.
    os.execve(sys.executable, [*manage, "runbolt", *arguments], variables)


if __name__ == "__main__":
    main()
