"""Settings of the benchmark's Django project; the environment says which framework is served, none by default.

No middleware: what is compared is the frameworks, not Django's session and CSRF work in front of two of them.
"""

import os

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

if FRAMEWORK == "bolt":
    INSTALLED_APPS.append("django_bolt")
    BOLT_API = [os.environ.get("BENCH_BOLT_API", "benchmarks.apps.site.bolt_api.api")]
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
