"""A Django project for the snippets, which need one."""

import sys
from pathlib import Path

import django
from django.conf import settings

sys.path[:0] = [str(Path(__file__).parent)]
settings.configure(
    SECRET_KEY="only-for-tests-and-long-enough-for-every-hash-there-is",
    ALLOWED_HOSTS=["testserver"],
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_bolt"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
# Test modules import models, and pytest-django has looked for settings before it came to this file.
django.setup()
