"""The tables in other projects than ours: other users, other keys."""

import subprocess
import sys
from pathlib import Path

import pytest
from boltsite_tools.process import PATIENCE_SECONDS, SITE, environment

SETTINGS = """
from boltsite.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "boltsite.people"] if "boltsite.people" not in INSTALLED_APPS else INSTALLED_APPS
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": __file__ + ".sqlite3"}}
"""

USE = """
import asyncio
from bolt_auth.api_keys import digest
from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.revocation import DjangoORMRevocation
from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser
from django.contrib.auth import get_user_model
from django.core.management import call_command

call_command("makemigrations", "bolt_tokens", check=True, dry_run=True, verbosity=0)
call_command("migrate", verbosity=0)
call_command("makemigrations", "bolt_tokens", check=True, dry_run=True, verbosity=0)
print("keys", {model._meta.pk.get_internal_type() for model in (APIKey, RevokedToken, RevokedUser)})
user = get_user_model()(**VALUES)
user.save()
row, key = APIKey.objects.create_key("a", user=user)
record = DjangoAPIKeys().find_sync(digest(key))
print("user", record.user_id == str(user.pk), record.is_staff, record.is_superuser)
store = DjangoORMRevocation()
store.revoke_all_sync(str(user.pk))
print("revoked", store.is_revoked_sync(None, user_id=str(user.pk), issued_at=1))
"""


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("", {"username": "ann"}),
        ('DEFAULT_AUTO_FIELD = "django.db.models.AutoField"', {"username": "ann"}),
        ('AUTH_USER_MODEL = "people.Person"', {"name": "ann"}),
        ('AUTH_USER_MODEL = "people.Member"', {"code": "ann"}),
        ("USE_TZ = False", {"username": "ann"}),
    ],
    ids=["as_ours", "small_keys", "uuid_users", "text_users", "no_time_zones"],
)
def test_other_projects(tmp_path: Path, said: str, values: dict[str, str]) -> None:
    """Migrations fit as they are, nothing is left to migrate, and keys and revocation work."""
    (tmp_path / "other_settings.py").write_text(f"{SETTINGS}\n{said}\n")
    code = f"import django; django.setup(); VALUES = {values!r}\n{USE}"
    env = environment({"DJANGO_SETTINGS_MODULE": "other_settings", "PYTHONPATH": f"{tmp_path}:{SITE}"})
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.stdout.splitlines() == ["keys {'BigAutoField'}", "user True False False", "revoked True"], done.stderr
