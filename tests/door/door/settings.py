"""Settings of the door; the environment names its database."""

import os

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "door.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_bolt", "bolt_django.tokens"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DOOR_DATABASE"]}}
