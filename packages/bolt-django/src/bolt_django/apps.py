"""The Django application `bolt_django`."""

from django.apps import AppConfig


class BoltDjangoConfig(AppConfig):
    """Adds `runbolt`, the system checks and the adapters for Django's own types."""

    name = "bolt_django"
    # Stable: it names the app in settings and in other packages' dependencies.
    label = "bolt_django"
    verbose_name = "Bolt"

    def ready(self) -> None:
        """Register checks and adapters; imports no model and no `api.py`, so every command stays quick."""
        from bolt_core import preparation

        from bolt_django import (
            adapters,
            checks,
            enclosing,
            front,
            in_tests,
            language,
            request,
            reversing,
            runtime,
            uploads,
        )
        from bolt_django.auth import defaults
        from bolt_django.bridge import checks as bridge_checks

        checks.register()
        adapters.register()
        front.register()
        language.register()
        request.register()
        reversing.register()
        uploads.register()
        enclosing.register()
        defaults.register()
        bridge_checks.register()
        preparation.register_preparation(runtime.prepare)
        preparation.register_work_runner(in_tests.run_work)
        preparation.register_client_session(in_tests.client_session)
        preparation.register_propagation(in_tests.propagates)
        preparation.register_live_session(in_tests.live_session)
        preparation.register_application(in_tests.application)
