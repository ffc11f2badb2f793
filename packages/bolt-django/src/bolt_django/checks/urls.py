"""Django's URL patterns, each with a path that it matches and that nothing else would match by chance."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bolt_core.paths import parse_path
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern
from django.utils.regex_helper import normalize

from bolt_django.bridge.patterns import RouteURL

# What stands for a parameter: nobody has a route for just that. First what only parameters that take slashes can be.
_SAMPLES = ("bolt-sample/bolt-sample", "bolt-sample", "7919", "b017b017-b017-4017-8017-b017b017b017")

_PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>]+)>")


@dataclass(frozen=True, slots=True)
class DjangoURL:
    """One pattern of the project's `urls.py`."""

    shown: str
    """As it is written, with those of its includes."""
    sample: str
    """A percent-encoded path that it matches."""


def django_urls() -> list[DjangoURL]:
    """Those of ROOT_URLCONF for which a path can be made up; none where it cannot be loaded."""
    try:
        patterns = get_resolver().url_patterns
    except Exception:
        return []  # Django's own check of URLs tells what is wrong.
    return [
        DjangoURL(shown, "/" + quote(sample, safe="/%:@!$&'()*+,;=~"))
        for shown, sample in _walk(patterns)
        if sample is not None
    ]


def _walk(patterns: Any) -> Iterator[tuple[str, str | None]]:
    for entry in patterns:
        if isinstance(entry, RouteURL):
            continue  # a route of ours, included for Django's sake
        part = str(entry.pattern)
        sample = sample_of(entry.pattern)
        if isinstance(entry, URLPattern):
            yield part, sample
        elif isinstance(entry, URLResolver):
            for shown, below in _walk(entry.url_patterns):
                yield part + shown, None if sample is None or below is None else sample + below


def sample_of(pattern: Any) -> str | None:
    """Text that *pattern* matches; `None` where none can be made up."""
    if isinstance(pattern, RoutePattern):
        return _sample_of_route(pattern)
    if isinstance(pattern, RegexPattern):
        return _sample_of_regex(pattern)
    # Of i18n_patterns: the prefix of the language.
    return getattr(pattern, "language_prefix", None)


def _sample_of_route(pattern: RoutePattern) -> str | None:
    failed = False

    def stand_in(parameter: re.Match[str]) -> str:
        nonlocal failed
        regex = getattr(pattern.converters.get(parameter[1]), "regex", "[^/]+")
        for sample in _SAMPLES:
            if re.fullmatch(regex, sample):
                return sample
        failed = True
        return ""

    text = _PARAMETER.sub(stand_in, str(pattern))
    return None if failed else text


def _sample_of_regex(pattern: RegexPattern) -> str | None:
    regex = str(pattern)
    for template, names in normalize(regex):
        for value in _SAMPLES:
            sample = template % dict.fromkeys(names, value)
            if re.search(regex, sample):
                return sample
    return None


def pattern_of(path: str) -> Callable[[str], object]:
    """Whether a route at *path* answers a percent-encoded path."""
    shape = re.escape(parse_path(path).shape)
    regex = re.compile(shape.replace(r"\{:path\}", ".+").replace(r"\{\}", "[^/]+"))
    return regex.fullmatch
