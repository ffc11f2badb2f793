"""Settings of the benchmark's Django project; the environment says which framework is served, none by default.

No middleware, unless BENCH_FULL asks for a new project's seven and the admin: what is compared is the frameworks, not
Django's session and CSRF work in front of two of them.
"""

import os

from benchmarks.apps.middleware import MIDDLEWARE as DEFAULT_MIDDLEWARE

FRAMEWORK = os.environ.get("BENCH_FRAMEWORK", "")

DEBUG = False
SECRET_KEY = "benchmarks-only-and-longer-than-thirty-two-bytes"
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.apps.site.plain_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCH_DATABASE", ":memory:"),
        # Connections persist, as they do in the plain loop that the ORM cases are compared with.
        "CONN_MAX_AGE": None,
    }
}

if POSTGRES := os.environ.get("BENCH_POSTGRES"):
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": POSTGRES,
        # Port and user are libpq's own affair: PGPORT, PGUSER.
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "CONN_MAX_AGE": None,
    }
    if POOL := os.environ.get("BENCH_POOL"):
        # Under ASGI a thread ends with its request and its connection with it; Django's remedy is the driver's pool.
        DATABASES["default"] |= {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": int(POOL), "max_size": int(POOL)}}}

if os.environ.get("BENCH_FULL"):
    INSTALLED_APPS += ["django.contrib.admin", "django.contrib.sessions", "django.contrib.messages"]
    MIDDLEWARE = list(DEFAULT_MIDDLEWARE)
    ROOT_URLCONF = "benchmarks.apps.site.django_urls"
    STATIC_URL = "/static/"
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

if FRAMEWORK == "bolt":
    INSTALLED_APPS.append("django_bolt")
    BOLT_API = os.environ.get("BENCH_BOLT_API", "benchmarks.apps.site.bolt_api.api").split(",")
    BOLT = {}
    if ASYNC_ORM := os.environ.get("BENCH_ASYNC_ORM"):
        BOLT["ASYNC_ORM"] = ASYNC_ORM
    if WORKERS := os.environ.get("BENCH_WORKERS"):
        BOLT["WORKERS"] = int(WORKERS)
elif FRAMEWORK == "django":
    ROOT_URLCONF = "benchmarks.apps.site.django_urls"
elif FRAMEWORK == "ninja":
    ROOT_URLCONF = "benchmarks.apps.site.ninja_urls"
elif FRAMEWORK == "drf":
    ROOT_URLCONF = "benchmarks.apps.site.drf_urls"
    INSTALLED_APPS.append("rest_framework")
    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    }
