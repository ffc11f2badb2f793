"""What `manage.py check --deploy` adds."""

from typing import Any

import pytest
from django.core import checks
from django.test import override_settings

PUBLIC = {"HOST": "0.0.0.0"}
HTTPS = ("HTTP_X_FORWARDED_PROTO", "https")


def found(*, deploy: bool = True, **settings: Any) -> list[str | None]:
    """Ids of the findings with these settings."""
    with override_settings(**settings):
        messages = checks.run_checks(tags=["bolt"], include_deployment_checks=deploy)
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({}, []),
        ({"BOLT": PUBLIC}, []),
        ({"DEBUG": True}, []),
        ({"DEBUG": True, "BOLT": PUBLIC}, ["bolt.W030"]),
        ({"DEBUG": True, "BOLT": {"HOST": "shop.example"}}, ["bolt.W030"]),
        ({"DEBUG": True, "BOLT": {"HOST": "::1"}}, []),
        ({"DEBUG": True, "BOLT": {"UDS": "/run/s"}}, []),
        ({"ALLOWED_HOSTS": ["a.example", "*"]}, ["bolt.W031"]),
        ({"BOLT": {"TRUSTED_PROXIES": ["10.0.0.1"]}}, ["bolt.W032"]),
        ({"BOLT": {"TRUSTED_PROXIES": ["10.0.0.1"]}, "SECURE_PROXY_SSL_HEADER": HTTPS}, []),
        ({"BOLT": PUBLIC, "SECURE_PROXY_SSL_HEADER": HTTPS}, ["bolt.W033"]),
        ({"BOLT": PUBLIC, "USE_X_FORWARDED_HOST": True}, ["bolt.W033"]),
        ({"USE_X_FORWARDED_PORT": True}, []),
    ],
)
def test_what_is_dangerous_in_public(settings: dict[str, Any], ids: list[str]) -> None:
    """Each is a warning with --deploy, and nothing without."""
    assert found(**settings) == ids
    assert found(deploy=False, **settings) == []
