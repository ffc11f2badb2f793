"""Settings of the depot; the environment names the folder of its files."""

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "depot.urls"
INSTALLED_APPS = ["django_bolt"]
DATABASES = {}
