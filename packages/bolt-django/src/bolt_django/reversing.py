"""URLs of our routes in Django's terms."""

import bolt_core.reversing
from bolt_core.reversing import register_no_reverse_match, register_script_prefix
from django.urls import NoReverseMatch as DjangoNoReverseMatch
from django.urls import get_script_prefix


class NoReverseMatch(bolt_core.reversing.NoReverseMatch, DjangoNoReverseMatch):
    """No route of the API fits a name and its parameters: Django's error, too."""


def register() -> None:
    """Let `url_for` raise Django's error, and put the site's prefix in front, for the whole process."""
    register_no_reverse_match(NoReverseMatch)
    register_script_prefix(get_script_prefix)
