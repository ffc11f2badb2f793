"""The Django application `bolt_django`."""

import contextvars

from bolt_core.pool import Pool
from django.apps import AppConfig


class BoltDjangoConfig(AppConfig):
    """Adds `runbolt`, the system checks and the adapters for Django's own types."""

    name = "bolt_django"
    # Stable: it names the app in settings and in other packages' dependencies.
    label = "bolt_django"
    verbose_name = "Bolt"

    def ready(self) -> None:
        """Register checks and adapters; imports no model and no `api.py`, so every command stays quick."""
        from bolt_core.preparation import register_preparation

        from bolt_django import adapters, checks

        checks.register()
        adapters.register()
        register_preparation(_prepare_in_process)


def _prepare_in_process(pool: Pool, context: contextvars.Context) -> None:
    """Let a test client's server work on the test's own thread, so one lane is all there is."""
    from bolt_django import db, lanes

    db.watch(pool)
    lanes.install(context, pool, most=1)
