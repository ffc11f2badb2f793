"""Settings of the project that faults are tried on; the environment names its PostgreSQL server."""

import os

_AGE = os.environ.get("FAULTS_AGE", "none")

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
ROOT_URLCONF = "faultsite.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_bolt", "faultsite"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        # A folder: that of the server's Unix socket.
        "HOST": os.environ["FAULTS_HOST"],
        "NAME": "postgres",
        "USER": "postgres",
        "CONN_MAX_AGE": None if _AGE == "none" else int(_AGE),
        "OPTIONS": {"application_name": os.environ.get("FAULTS_NAME", "faultsite")},
    }
}
if pool := os.environ.get("FAULTS_POOL"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": int(pool), "timeout": 1}}
BOLT = {"DATABASE_TIMEOUT": float(os.environ.get("FAULTS_TIMEOUT", "5"))}
if way := os.environ.get("FAULTS_ASYNC_ORM"):
    BOLT["ASYNC_ORM"] = way
