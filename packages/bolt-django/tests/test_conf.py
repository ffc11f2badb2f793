"""`settings.BOLT` and the system checks on it."""

from typing import Any

import pytest
from bolt_django import conf, project
from bolt_django.options import resolve
from django.core import checks
from django.test import override_settings


def found(settings: Any) -> list[tuple[str | None, str]]:
    """What `manage.py check` says about Bolt with these settings."""
    with override_settings(**settings):
        return [(message.id, message.msg) for message in checks.run_checks(tags=["bolt"])]


def test_nothing_is_required() -> None:
    """A project without settings.BOLT has no findings."""
    assert found({}) == []


def test_every_key_is_known() -> None:
    """A dict with every key passes, and keys beyond the type are unknown."""
    good = {
        "HOST": "0.0.0.0",
        "PORT": 80,
        "UDS": None,
        "PROCESSES": 2,
        "WORKERS": 1,
        "DEV": False,
        "BACKLOG": 1,
        "ACCESS_LOG": False,
        "LOG_FORMAT": "json",
        "SHUTDOWN_TIMEOUT": 1,
        "DATABASE_TIMEOUT": 0.5,
        "ASYNC_ORM": "threads",
        "SERVER": {"max_body_size": 10},
        "SENSITIVE_FIELDS": ["iban"],
        "EXPOSED_FIELDS": (),
        "STRICT_JSON": True,
        "PROBLEM_DETAILS": True,
        "ERROR_FORMATTER": "boltsite.shop.errors.shape",
        "X_ACCEL_REDIRECT": {"/srv/media": "/media/"},
        "X_SENDFILE": [],
        "TRUSTED_PROXIES": ["10.0.0.0/8", "::1", "unix"],
        "SECURITY_HEADERS": True,
        "REQUEST_ID": "make",
        "TRACE_CONTEXT": True,
        "MIDDLEWARE": ["django.middleware.gzip.GZipMiddleware"],
        "ROLLBACK_ON": "errors",
        "GET_USER": "django.contrib.auth.get_user",
        "USER_CACHE_SECONDS": 30,
        "PASSWORD_ENDS_TOKENS": True,
        "DEFAULT_AUTH": ["bolt_django.auth.JWTAuthentication"],
        "DEFAULT_GUARDS": ["bolt_auth.IsAuthenticated"],
    }
    assert set(good) == set(conf.BoltSettings.__annotations__)
    assert found({"BOLT": good}) == []


@pytest.mark.parametrize(
    ("value", "check_id", "says"),
    [
        ({"PROCESES": 2}, "bolt.E001", "unknown key 'PROCESES'; did you mean 'PROCESSES'?"),
        ({"XYZZY": 2}, "bolt.E001", "unknown key 'XYZZY'"),
        ({"PORT": "http"}, "bolt.E002", "a whole number from 0 to 65535"),
        ({"DATABASE_TIMEOUT": -1}, "bolt.E002", "a number of seconds, 0 or more"),
        ({"DATABASE_TIMEOUT": True}, "bolt.E002", "a number of seconds, 0 or more"),
        ({"SENSITIVE_FIELDS": "iban"}, "bolt.E002", "a list of names"),
        ({"SERVER": {"max_body": 1}}, "bolt.E002", "did you mean 'max_body_size'?"),
        ({"SERVER": []}, "bolt.E002", "a dict of server limits"),
        ({"PROBLEM_DETAILS": "yes"}, "bolt.E002", "True or False"),
        ({"ERROR_FORMATTER": len}, "bolt.E002", "the dotted path of a function"),
        ({"ERROR_FORMATTER": "shape"}, "bolt.E002", "the dotted path of a function"),
        ({"ERROR_FORMATTER": "boltsite.shop.errors.missing"}, "bolt.E002", 'does not define a "missing" attribute'),
        ({"ERROR_FORMATTER": "nowhere.shape"}, "bolt.E002", "No module named 'nowhere'"),
        ({"ERROR_FORMATTER": "boltsite.shop.errors.one"}, "bolt.E002", "it must take (error, request)"),
        ({"X_ACCEL_REDIRECT": {"media": "/media/"}}, "bolt.E002", "give an absolute path"),
        ({"X_ACCEL_REDIRECT": {"/media": "media"}}, "bolt.E002", "'media' is no location of nginx"),
        ({"X_ACCEL_REDIRECT": "/media"}, "bolt.E002", "give a dict of folders"),
        ({"X_SENDFILE": "/media"}, "bolt.E002", "give a list of folders"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8"}, "bolt.E002", "a list of names"),
        ({"TRUSTED_PROXIES": ["10.0.0.0/8", "proxy"]}, "bolt.E002", '"proxy" is no trusted proxy'),
        ({"SECURITY_HEADERS": 1}, "bolt.E002", "True or False"),
        ({"REQUEST_ID": "take"}, "bolt.E002", 'True, False, or "make"'),
        ({"TRACE_CONTEXT": "yes"}, "bolt.E002", "True or False"),
        ({"GET_USER": "get_user"}, "bolt.E002", "dotted path of a function"),
        ({"GET_USER": "nowhere.get_user"}, "bolt.E002", "No module named 'nowhere'"),
        ({"GET_USER": "django.contrib.auth.SESSION_KEY"}, "bolt.E002", "cannot be called"),
        ({"GET_USER": len}, "bolt.E002", "dotted path of a function"),
        ({"USER_CACHE_SECONDS": -1}, "bolt.E002", "a number of seconds, 0 or more"),
        ({"USER_CACHE_SECONDS": None}, "bolt.E002", "a number of seconds, 0 or more"),
        ({"PASSWORD_ENDS_TOKENS": 1}, "bolt.E002", "True or False"),
        ({"SERVER": {"proxies": 1}}, "bolt.E002", "unknown key 'proxies'"),
        ([], "bolt.E002", "settings.BOLT must be a dict, not list"),
    ],
)
def test_mistakes_are_errors(value: object, check_id: str, says: str) -> None:
    """An unknown key or an impossible value is an error of the system checks."""
    ((got_id, message),) = found({"BOLT": value})

    assert got_id == check_id
    assert says in message


@pytest.mark.parametrize("value", [3, [3], {"a": 1}])
def test_bolt_api_must_list_paths(value: object) -> None:
    """BOLT_API that is no list of dotted paths is an error."""
    assert [check_id for check_id, _ in found({"BOLT_API": value})] == ["bolt.E003"]


def test_settings_are_read_when_needed(settings: Any) -> None:
    """A change of the settings counts at once."""
    settings.BOLT = {"SENSITIVE_FIELDS": ["iban"]}
    assert conf.names_setting("SENSITIVE_FIELDS") == ("iban",)

    settings.BOLT = {}
    assert conf.names_setting("SENSITIVE_FIELDS") == ()


def test_server_config_takes_djangos_settings(settings: Any) -> None:
    """The engine's hosts, limits, log and pool come from Django's settings and the run options."""
    settings.ALLOWED_HOSTS = ["example.com"]
    settings.BOLT = {"SERVER": {"max_body_size": 10}}
    run = resolve({"workers": "3"}, {}, {})

    config = project.server_config(run, terminal=True)

    assert (config.allowed_hosts, config.max_body_size) == (("example.com",), 10)
    assert (config.pool_size, config.access_log) == (3, "short")
    assert project.server_config(run, terminal=False).access_log == "combined"
    assert project.server_config(resolve({"access_log": False}, {}, {}), terminal=True).access_log is None


def test_allowed_hosts_as_django_reads_them(settings: Any) -> None:
    """With DEBUG and no hosts, local names are allowed; an asterisk allows all."""
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = True
    assert "127.0.0.1" in project.allowed_hosts()

    settings.ALLOWED_HOSTS = ["*"]
    assert project.allowed_hosts() == ()
