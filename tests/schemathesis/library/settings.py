"""Settings of the library."""

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "library.urls"
INSTALLED_APPS = ["django_bolt"]
DATABASES = {}
