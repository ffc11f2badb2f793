"""System checks: what is wrong in a project before any traffic. Pages: docs/reference/checks.md.

Ids by concern: settings .001 to .009, routes .010 to .019, applications .020 to .029, deployment .030 to .039, URLs
.040 to .049, databases .050 to .059, authentication, tokens and API keys .060 to .069.
"""

from django.core import checks

from bolt_django.checks.applications import check_apps, check_caches, check_middleware
from bolt_django.checks.authentication import check_memory, check_secrets
from bolt_django.checks.databases import check_async_orm, check_django_pools, check_server_limits
from bolt_django.checks.deploy import check_deployment
from bolt_django.checks.routes import check_models, check_routes, check_shadowed
from bolt_django.checks.settings import check_front, check_settings
from bolt_django.checks.tokens import check_revocation_caches, check_tables

__all__ = ["TAG", "register"]

TAG = "bolt"

_ALWAYS = (check_settings, check_front, check_routes, check_shadowed, check_models, check_tables)
_PROJECT = (
    check_secrets,
    check_memory,
    check_apps,
    check_middleware,
    check_caches,
    check_revocation_caches,
    check_django_pools,
    check_async_orm,
)


def register() -> None:
    """Register every check of this package under the tag `bolt`."""
    for check in (*_ALWAYS, *_PROJECT):
        checks.register(check, TAG)
    checks.register(check_deployment, TAG, deploy=True)
    # Asks the databases, so only `check --database default` and `migrate` run it.
    checks.register(check_server_limits, checks.Tags.database)
