"""`LoggingConfig` around what Django puts around a route."""

import logging

import pytest
from bolt_core.logging import LoggingConfig
from looking import Enclosed


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_djangos_middleware_answers_is_logged(
    enclosed: Enclosed, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """A refusal of CsrfViewMiddleware never reaches the handler, and has its record."""
    caplog.set_level(logging.INFO, "django_bolt.access")

    def handler() -> str:
        return "made"

    async def async_handler() -> str:
        return "made"

    chosen = handler if kind == "sync" else async_handler
    client = enclosed(["django.middleware.csrf.CsrfViewMiddleware"], ("/", chosen), logging_config=LoggingConfig())
    assert client.request("POST", "/").status == 403
    found = [vars(record) for record in caplog.records if record.name == "django_bolt.access"]
    assert [(record["levelname"], record["path"], record["status_code"]) for record in found] == [("WARNING", "/", 403)]
