"""The Django application `django_bolt`: that of `bolt_django`, under the family's name."""

# The module and not the class: Django takes every AppConfig it finds in this namespace for a candidate.
from bolt_django import apps as bolt_django_apps


class DjangoBoltConfig(bolt_django_apps.BoltDjangoConfig):
    """Adds what `bolt_django` adds."""

    name = "django_bolt"
    label = "django_bolt"
