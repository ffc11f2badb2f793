"""`INSTALLED_APPS = ["django_bolt"]`, in a process of its own, for Django has one configuration a process."""

import subprocess
import sys

import pytest

CONFIGURE = """
import django
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class

settings.configure(INSTALLED_APPS={apps!r}, SECRET_KEY="for-tests-only")
django.setup()
"""


def run(apps: list[str], code: str) -> str:
    """What *code* prints in a project with *apps*."""
    script = CONFIGURE.format(apps=apps) + code
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("app", ["django_bolt", "bolt_django"])
@pytest.mark.parametrize("command", ["runbolt", "bolt"])
def test_commands_are_found(app: str, command: str) -> None:
    """With the meta-package as with bolt-django alone."""
    code = f"print(load_command_class(get_commands()['{command}'], '{command}').__class__.__module__)"

    assert run([app], code) == f"bolt_django.management.commands.{command}"


def test_the_application_is_configured_by_bolt_django() -> None:
    """Its `ready()` runs, under a label of its own."""
    code = (
        "from bolt_django.apps import BoltDjangoConfig\n"
        "config = apps.get_app_config('django_bolt')\n"
        "print(config.name, isinstance(config, BoltDjangoConfig))"
    )

    assert run(["django_bolt"], code) == "django_bolt True"


def test_both_names_may_be_installed() -> None:
    """A project that moves from one to the other may list both for a while."""
    assert run(["bolt_django", "django_bolt"], "print(len(apps.get_app_configs()))") == "2"


def test_system_checks_pass() -> None:
    """Of an empty project."""
    assert run(["django_bolt"], "from django.core.checks import run_checks\nprint(run_checks())") == "[]"


def test_names_import_without_django_being_configured() -> None:
    """As scripts and type checkers need."""
    code = "import django_bolt, django_bolt.responses, django_bolt.params, django_bolt.exceptions, django_bolt.testing"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
