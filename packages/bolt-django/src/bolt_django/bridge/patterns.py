"""The project's routes as URL patterns of Django's: `reverse()` finds them, and Django's own handler serves them."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from bolt_core.reversing import Named, NoReverseMatch
from bolt_core.routing import FrozenApp
from django.urls import ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RegexPattern, RoutePattern

from bolt_django.bridge import views
from bolt_django.bridge.routes import regex_of

NAMESPACE = "bolt"


class _Converter:
    """Text of one parameter for `reverse()`, held against the handler's type."""

    def __init__(self, named: Named, parameter: str) -> None:
        self._named = named
        self._parameter = parameter

    def to_python(self, value: str) -> str:
        """The handler's parameters are read by the engine."""
        return value

    def to_url(self, value: Any) -> str:
        """The text; ValueError, which Django takes for "no match", where the handler would refuse it."""
        try:
            return self._named.text(self._parameter, value)
        except NoReverseMatch as error:
            raise ValueError(str(error)) from error


class _Path(RegexPattern):
    """A path template of ours; Django matches decoded paths."""

    def __init__(self, named: Named, name: str | None) -> None:
        super().__init__(f"^{regex_of(named.path[1:], unquote, named=True)}\\Z", name=name, is_endpoint=True)
        self.template = named.path
        self.converters = {name: _Converter(named, name) for name in named.parameters}

    def match(self, path: str) -> Any:
        """Parameters by name, also where there are none: never by position."""
        found = self.regex.search(path)
        return (path[found.end() :], (), found.groupdict()) if found else None

    def __str__(self) -> str:
        return self.template[1:]


class RouteURL(URLPattern):
    """One path; its view is a coroutine where a loop resolves it, and blocks elsewhere."""

    def resolve(self, path: str) -> ResolverMatch | None:
        """The match, with the view that fits the calling code."""
        found = super().resolve(path)
        if found is not None and asyncio._get_running_loop() is None:
            found.func = views.blocking
        return found


def patterns_of(app: FrozenApp) -> list[URLPattern | URLResolver]:
    """A pattern for each path of *app*, those of a namespace below a resolver of that name."""
    tree: dict[Any, Any] = {}
    for named in sorted(_all(app), key=_generality):
        *spaces, name = named.name.split(":")
        level = tree
        for space in spaces:
            level = level.setdefault(("space", space), {})
        usable = name if _unambiguous(app, named) else None
        level[("path", named.path)] = RouteURL(_Path(named, usable), views.looping, name=usable)
    return _resolvers(tree)


def _all(app: FrozenApp) -> Iterable[Named]:
    """One name for each path: that which the author chose, if any."""
    found: dict[str, Named] = {}
    for group in app.names.by_name.values():
        for named in group:
            if named.path not in found or (named.explicit and not found[named.path].explicit):
                found[named.path] = named
    return found.values()


def _generality(named: Named) -> tuple[bool, int]:
    """Text before parameters, and the rest of the path last, as the engine prefers them."""
    return ":path}" in named.path, named.path.count("{")


def _unambiguous(app: FrozenApp, named: Named) -> bool:
    """Whether `url_for` would find this path by its name; what is ambiguous there has no name here."""
    rivals = app.names.of_name(named.name)
    return named in rivals and sum(set(one.parameters) == set(named.parameters) for one in rivals) == 1


def _resolvers(level: dict[Any, Any]) -> list[URLPattern | URLResolver]:
    found: list[URLPattern | URLResolver] = []
    for (kind, name), item in level.items():
        if kind == "path":
            found.append(item)
        else:
            inner: Any = _resolvers(item)
            found.append(URLResolver(RoutePattern(""), inner, app_name=name, namespace=name))
    return found
