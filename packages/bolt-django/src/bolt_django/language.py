"""The language of error texts: that of the moment, or the one that a client asks for."""

import contextlib
from collections.abc import Iterator
from typing import Any

from bolt_core.problems import register_wording_scope
from bolt_serializers import set_translator
from django.conf import settings
from django.utils import translation

from bolt_django import conf

LOCALE = "django.middleware.locale.LocaleMiddleware"


def register() -> None:
    """Word what is wrong with a request by Django's gettext, for the whole process."""
    set_translator(translation.gettext)
    register_wording_scope(language_of)


@contextlib.contextmanager
def language_of(request: Any) -> Iterator[None]:
    """While an error is worded, the language that *request* asks for, where the project has LocaleMiddleware.

    A language that is active already, because that middleware runs for the API or a handler chose it, stays.
    """
    if not settings.USE_I18N or not _negotiates() or translation.get_language() != settings.LANGUAGE_CODE:
        yield
        return
    with translation.override(translation.get_language_from_request(request)):
        yield


def _negotiates() -> bool:
    own = conf.bolt_settings().get("MIDDLEWARE")
    return LOCALE in settings.MIDDLEWARE or (isinstance(own, list | tuple) and LOCALE in own)
