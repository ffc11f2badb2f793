"""A Django model without a project; its objects live in memory only."""

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
    TIME_ZONE="UTC",
)
django.setup()

from django.db import models  # noqa: E402  # Models need the settings.

from benchmarks.serializers.apps import data  # noqa: E402


class Person(models.Model):
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=100)
    score = models.FloatField()
    joined = models.DateTimeField()

    class Meta:
        app_label = "bench"


OBJECTS = [Person(**record) for record in data.MANY]
