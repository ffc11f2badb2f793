"""The example shop's settings, with the apps that projects install most, and DRF and Ninja beside the API."""

import os
import tempfile
from pathlib import Path

from shop.settings import *  # noqa: F403
from shop.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "django_filters", "corsheaders", "debug_toolbar"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    *MIDDLEWARE[1:],
]
ROOT_URLCONF = "beside.urls"
INTERNAL_IPS = ["127.0.0.1"]
CORS_ALLOWED_ORIGINS = ["https://web.example"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or tempfile.gettempdir()) / "static"
REST_FRAMEWORK = {"DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"]}
ASGI_APPLICATION = "beside.asgi.application"
WSGI_APPLICATION = "beside.wsgi.application"
