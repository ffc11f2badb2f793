"""What `runbolt` says when it starts."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import django
from bolt_core.config import ServerConfig
from django.conf import settings

from bolt_django.db import bounds


def banner(urls: Sequence[str], processes: int, config: ServerConfig, *, dev: bool) -> str:
    """The lines to print before serving; each address stands alone in its line, so that terminals make it a link."""
    mode = "development, restarts on changes" if dev else f"{processes} process{'es' if processes > 1 else ''}"
    lines = [
        f"bolt-django {_version('bolt-django')} · bolt-core {_version('bolt-core')} · "
        f"Django {django.get_version()} · Python {platform.python_version()}",
        f"Settings:    {os.environ.get('DJANGO_SETTINGS_MODULE', '(configured in code)')}",
        f"Serving:     {mode}",
        f"Threads:     at most {config.pool_size} for def handlers and Django views, "
        f"and {config.pool_size} for the ORM of async handlers, per process",
        *_connections(processes, config.pool_size),
        *(f"Listening:   {url}" for url in urls),
    ]
    if settings.DEBUG and not dev:
        lines.append("DEBUG is on: errors show source and settings to whoever asks; switch it off in production")
    if dev and not settings.DEBUG:
        lines.append("DEBUG is off: errors show no debug page; set DEBUG = True in the development settings")
    return "\n".join(lines)


def _connections(processes: int, workers: int) -> list[str]:
    """A line for each number of connections, with the databases that it is the bound of."""
    aliases: dict[str, list[str]] = {}
    for bound in bounds(processes, workers):
        if bound.pool_size is None:
            how = f"{processes} × 2 × {workers}"
        else:
            how = f"{processes} × the pool of {bound.pool_size}"
        aliases.setdefault(f"at most {bound.total} ({how})", []).append(bound.alias)
    return [f"Connections: {most} to {', '.join(names)}" for most, names in aliases.items()]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(source)"


def template_dirs() -> list[Path]:
    """The directories that settings.TEMPLATES names."""
    return [Path(str(path)) for engine in settings.TEMPLATES for path in engine.get("DIRS", ())]
