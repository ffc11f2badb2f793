"""Checks of the databases: what the server may open, beside what pools and servers allow."""

import os
from collections.abc import Sequence
from typing import Any

from bolt_core.config import ServerConfig
from bolt_core.exceptions import ConfigError
from django.apps import AppConfig
from django.core import checks
from django.db import DatabaseError, connections

from bolt_django import async_orm, conf, options
from bolt_django.db import Bound, bounds, server_limit


def _bounds() -> list[Bound]:
    """What `runbolt` would open with the environment and the settings as they are; nothing where they are wrong."""
    try:
        run = options.resolve({}, os.environ, conf.bolt_settings())
        workers = run.workers or ServerConfig().pool_size
    except (options.OptionError, ConfigError):
        return []
    return bounds(run.processes, workers)


def check_django_pools(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E051: a pool and CONN_MAX_AGE together; bolt.W052: a pool smaller than what a process may use at once."""
    found: list[checks.CheckMessage] = []
    for bound in _bounds():
        if bound.pool_size is None:
            continue
        name = f'DATABASES["{bound.alias}"]'
        if connections.settings[bound.alias]["CONN_MAX_AGE"] != 0:
            found.append(
                checks.Error(
                    f'{name} has OPTIONS["pool"] and CONN_MAX_AGE, which Django refuses with the first query',
                    hint="Remove CONN_MAX_AGE: the pool keeps connections open itself.",
                    id="bolt.E051",
                )
            )
        if bound.pool_size < bound.per_process:
            found.append(
                checks.Warning(
                    f"{name}: the pool has at most {bound.pool_size} connections, and a process may ask for "
                    f"{bound.per_process} at once; who comes late waits for the pool's timeout and gets 503",
                    hint=f'Set OPTIONS["pool"]["max_size"] to {bound.per_process}, or lower BOLT["WORKERS"].',
                    id="bolt.W052",
                )
            )
    return found


def check_async_orm(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W053: greenlets are asked for where threads have to be used."""
    if conf.async_orm() != "greenlets" or (obstacle := async_orm.obstacle()) is None:
        return []
    return [
        checks.Warning(
            f'BOLT["ASYNC_ORM"] is "greenlets", and async ORM calls run on threads: {obstacle.what}',
            hint=f'{obstacle.remedy}, or remove BOLT["ASYNC_ORM"].',
            id="bolt.W053",
        )
    ]


def check_server_limits(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """bolt.W050: all processes together may open more connections than the database's server takes."""
    found: list[checks.CheckMessage] = []
    for bound in _bounds():
        if bound.alias not in (databases or ()):
            continue
        try:
            limit = server_limit(connections[bound.alias])
        except DatabaseError:
            # Whether it can be reached is said by other checks.
            continue
        if limit is not None and bound.total > limit:
            found.append(
                checks.Warning(
                    f'DATABASES["{bound.alias}"]: {bound.processes} processes may open {bound.total} connections, and '
                    f"the server takes {limit} from this user",
                    hint='Lower BOLT["PROCESSES"] or BOLT["WORKERS"], or raise the server\'s max_connections.',
                    id="bolt.W050",
                )
            )
    return found
