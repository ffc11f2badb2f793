"""Settings of the test project; DATABASE_URL chooses PostgreSQL, TEST_DATABASE a SQLite file."""

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "a key for tests alone, which never leaves this machine"
DEBUG = os.environ.get("TEST_DEBUG", "0") == "1"
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
ROOT_URLCONF = "boltsite.urls"
USE_TZ = True
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = os.environ.get("TEST_MEDIA", str(BASE_DIR / "media"))
MEDIA_URL = "media/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bolt_django",
    "bolt_django.tokens",
    "boltsite.shop",
    "boltsite.library",
    "boltsite.columns",
    "boltsite.gate",
    "boltsite.people",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def database_of(url: str) -> dict[str, object]:
    """The database of PostgreSQL at *url*."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def _database() -> dict[str, object]:
    if url := os.environ.get("DATABASE_URL"):
        return database_of(url)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("TEST_DATABASE", BASE_DIR / "db.sqlite3"),
        # A file, as one in memory is never closed; its own for each process of a test run.
        "TEST": {"NAME": Path(tempfile.gettempdir()) / f"bolt-django-{os.getpid()}.sqlite3"},
    }


DATABASES = {"default": _database()}

if "TEST_ASYNC_ORM" in os.environ:
    INSTALLED_APPS.append("boltsite.fibers")
    BOLT = {"ASYNC_ORM": os.environ["TEST_ASYNC_ORM"]}
    if "TEST_DATABASE_TIMEOUT" in os.environ:
        BOLT["DATABASE_TIMEOUT"] = float(os.environ["TEST_DATABASE_TIMEOUT"])
    if "TEST_CONN_MAX_AGE" in os.environ:
        DATABASES["default"]["CONN_MAX_AGE"] = float(os.environ["TEST_CONN_MAX_AGE"])
    if "TEST_ROUTED" in os.environ:
        # The same database by another name: connections of its own.
        DATABASES["other"] = _database()
        DATABASE_ROUTERS = ["boltsite.fibers.routers.TagsElsewhere"]

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
if "TEST_REVOCATION" in os.environ:
    INSTALLED_APPS.append("boltsite.revoking")
if os.environ.get("TEST_REVOCATION") == "cache":
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
