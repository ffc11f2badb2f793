"""Settings of the door; the environment names its database."""

import os

SECRET_KEY = "only-for-tests-and-long-enough-for-every-hash-there-is"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "door.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "axes", "django_bolt", "bolt_django.tokens"]
# Counts failed logins and locks out, by Django's signals and a backend of its own.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 3
AXES_LOCKOUT_PARAMETERS = ["username"]
# Its middleware is for Django's own views.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W006"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DOOR_DATABASE"]}}
