"""What `manage.py bolt doctor` says: what is configured, what that means, and what to change."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bolt_core.config import ServerConfig
from bolt_core.exceptions import ConfigError
from django.conf import settings
from django.core import checks
from django.db import connections

from bolt_django import async_orm, conf, front, options, project
from bolt_django.checks import routes as route_checks
from bolt_django.checks.applications import own_middleware
from bolt_django.checks.deploy import listens_in_public
from bolt_django.inspection.routes import rows_of

type Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    topic: str
    level: Level
    what: str
    """What is configured, and what it means."""
    change: str = ""
    """What to do about it; empty where nothing need be done."""


def examine(environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """What `runbolt` would do with the settings and *environ* as they are; imports the APIs, listens nowhere."""
    try:
        run = options.resolve({}, environ, conf.bolt_settings())
        config = project.server_config(run, terminal=False)
    except (options.OptionError, ConfigError) as error:
        return [Finding("options", "error", str(error), "Correct it; runbolt does not start."), *_checks()]
    found = [
        *_server(run, config),
        *_async_orm(),
        *_databases(run, config),
        *_hosts(config),
        *_proxies(),
        *_debug(),
        *_caches(run),
        *_middleware(config),
        *_routes(),
    ]
    return [*found, *_checks()]


def _server(run: options.RunOptions, config: ServerConfig) -> Iterator[Finding]:
    where = f"the Unix-domain socket {run.uds}" if run.uds is not None else f"{run.host}:{run.port}"
    yield Finding("address", "ok", f"listens on {where}")
    cpus = os.cpu_count() or 1
    told = f"{run.processes} process{'es' if run.processes > 1 else ''} on {cpus} CPU{'s' if cpus > 1 else ''}"
    if run.processes > cpus:
        yield Finding("processes", "note", told + ": more only cost memory", f"Set PROCESSES to {cpus}.")
    else:
        yield Finding("processes", "ok", told)
    yield Finding(
        "threads",
        "ok",
        f"at most {config.pool_size} per process for def handlers and Django views, and {config.pool_size} for the ORM "
        "of async handlers",
    )


def _async_orm() -> Iterator[Finding]:
    asked = conf.async_orm()
    if asked == "threads":
        yield Finding("async orm", "ok", "on threads: an async handler's ORM calls leave the event loop free")
    elif (obstacle := async_orm.obstacle()) is None:
        yield Finding("async orm", "ok", "in greenlets: Django's own ORM calls run on the event loop's thread")
    elif asked is None:
        yield Finding("async orm", "ok", f"on threads, not in greenlets: {obstacle.what}")
    else:
        told = f"on threads, though ASYNC_ORM is greenlets: {obstacle.what}"
        yield Finding("async orm", "warning", told, f"{obstacle.remedy}.")


def _databases(run: options.RunOptions, config: ServerConfig) -> Iterator[Finding]:
    most = 2 * config.pool_size * run.processes
    for alias in connections:
        wrapper = connections[alias]
        told = f"{alias}: at most {most} connections of {run.processes} × 2 × {config.pool_size} threads"
        pool = wrapper.settings_dict.get("OPTIONS", {}).get("pool")
        age = wrapper.settings_dict.get("CONN_MAX_AGE")
        if age == 0 and not pool and wrapper.vendor != "sqlite":
            yield Finding(
                "database",
                "note",
                told + "; CONN_MAX_AGE is 0, so each request opens one",
                "Set CONN_MAX_AGE, or OPTIONS['pool'] with PostgreSQL.",
            )
        else:
            yield Finding("database", "ok", f"{told}; kept for {'ever' if age is None else f'{age} s'}")


def _hosts(config: ServerConfig) -> Iterator[Finding]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("hosts", "warning", "ALLOWED_HOSTS has '*': any host is answered", "Name the site's hosts.")
    elif not config.allowed_hosts:
        yield Finding("hosts", "error", "ALLOWED_HOSTS is empty: Django refuses every host", "Name the site's hosts.")
    else:
        whose = "X-Forwarded-Host, else Host" if settings.USE_X_FORWARDED_HOST else "Host"
        yield Finding("hosts", "ok", f"{', '.join(config.allowed_hosts)}; checked in {whose}")


def _proxies() -> Iterator[Finding]:
    trusted = front.trusted_proxies()
    believed = [name for name in _FORWARDED if getattr(settings, name)]
    if trusted:
        yield Finding("proxies", "ok", f"{', '.join(trusted)}: their X-Forwarded-For tells the client's address")
        if not settings.SECURE_PROXY_SSL_HEADER:
            yield Finding(
                "proxies",
                "warning",
                "no header says that clients use https: every request counts as http",
                'Set SECURE_PROXY_SSL_HEADER, most often to ("HTTP_X_FORWARDED_PROTO", "https").',
            )
    elif believed:
        level: Level = "warning" if listens_in_public() else "note"
        yield Finding(
            "proxies",
            level,
            f"{', '.join(believed)} believe the headers of whoever connects",
            'List the proxies in BOLT["TRUSTED_PROXIES"].',
        )
    else:
        yield Finding("proxies", "ok", "none is trusted: the peer is the client")


_FORWARDED = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")


def _debug() -> Iterator[Finding]:
    if not settings.DEBUG:
        yield Finding("debug", "ok", "off: errors say nothing of the inside")
    elif listens_in_public():
        yield Finding("debug", "error", "on, and the server listens in public", "Set DEBUG = False.")
    else:
        yield Finding(
            "debug", "note", "on: errors show source and settings to whoever asks", "Switch it off to deploy."
        )


def _caches(run: options.RunOptions) -> Iterator[Finding]:
    for alias, cache in settings.CACHES.items():
        backend = str(cache.get("BACKEND", "")).rpartition(".")[2]
        if backend == "LocMemCache" and run.processes > 1:
            yield Finding(
                "cache",
                "warning",
                f"{alias}: in memory, so each of {run.processes} processes has its own",
                "Use Redis, Memcached or the database.",
            )
        else:
            yield Finding("cache", "ok", f"{alias}: {backend}")


def _middleware(config: ServerConfig) -> Iterator[Finding]:
    own = [str(name) for name in own_middleware()]
    yield Finding(
        "middleware", "ok", f"Django's URLs: {len(settings.MIDDLEWARE)}; API routes: {', '.join(own) or 'none'}"
    )
    fields = [name for name, _ in (*_items(config.security.headers), *_items(config.security.https_headers))]
    way = "; http is redirected to https" if config.security.https_redirect else ""
    if fields or way:
        yield Finding("headers", "ok", f"every reply has {', '.join(fields) or 'no header of its own'}{way}")
    else:
        yield Finding(
            "headers",
            "note",
            "API replies get no security headers",
            f"Add {front.SECURITY} to MIDDLEWARE; the server then adds its headers.",
        )


def _items(fields: object) -> list[tuple[str, str]]:
    return list(fields.items()) if isinstance(fields, Mapping) else list(fields)  # type: ignore[call-overload]


def _routes() -> Iterator[Finding]:
    rows = rows_of(route_checks.plans())
    if not rows:
        yield Finding(
            "routes", "warning", "no API route was found", "Put a BoltAPI into the project's api.py, or set BOLT_API."
        )
        return
    kinds = [row.kind for row in rows]
    yield Finding("routes", "ok", f"{len(rows)}: {kinds.count('async')} async, {kinds.count('sync')} sync")


def _checks() -> Iterator[Finding]:
    """What `manage.py check` says; with `--deploy` where DEBUG is off."""
    messages = [one for one in checks.run_checks(include_deployment_checks=not settings.DEBUG) if not one.is_silenced()]
    for message in messages:
        level: Level = "error" if message.level >= checks.ERROR else "warning"
        yield Finding("checks", level, f"({message.id}) {message.msg}", message.hint or "")
    if not messages:
        yield Finding("checks", "ok", "manage.py check finds nothing")


_MARKS: dict[Level, str] = {"ok": "ok", "note": "note", "warning": "WARNING", "error": "ERROR"}


def report(findings: list[Finding]) -> str:
    """The findings, a line each, with what to change below."""
    topic_width = max(len(finding.topic) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{_MARKS[finding.level]:7}  {finding.topic:{topic_width}}  {' '.join(finding.what.split())}")
        if finding.change:
            lines.append(f"{'':7}  {'':{topic_width}}  → {' '.join(finding.change.split())}")
    return "\n".join(lines)
