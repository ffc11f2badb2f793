"""Settings of the lab; DATABASE_URL chooses PostgreSQL."""

import os
from urllib.parse import urlsplit

_URL = urlsplit(os.environ.get("DATABASE_URL", ""))

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "lab.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_bolt"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
if _URL.scheme:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _URL.path.lstrip("/"),
        "USER": _URL.username or "",
        "PASSWORD": _URL.password or "",
        "HOST": _URL.hostname or "",
        "PORT": str(_URL.port or ""),
    }
# Django 6.1 and newer; the test runners put a box in the place of the backend.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
