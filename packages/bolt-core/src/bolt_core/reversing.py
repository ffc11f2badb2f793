"""URLs from the names of routes: routing, the other way round."""

from __future__ import annotations

import contextvars
import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from bolt_core.binding.scalars import read_bool, read_float, read_int

if TYPE_CHECKING:
    from bolt_core.plan import ParamPlan
    from bolt_core.routing import FrozenApp

__all__ = ["Named", "Names", "NoReverseMatch", "register_no_reverse_match", "register_script_prefix", "text_of"]

type Query = Mapping[str, Any] | Iterable[tuple[str, Any]] | str

_PLACEHOLDER = re.compile(r"\{(\w+)(:path)?\}")
# RFC 3986 §3.3: what stands for itself in a segment.
_SAFE = "!$&'()*+,;=:@-._~"
# Names that a message lists.
_MOST_LISTED = 20

_KIND_READERS: dict[str, Callable[[str], Any]] = {"int": read_int, "float": read_float, "bool": read_bool}


class NoReverseMatch(LookupError):
    """No route fits a name and its parameters; the message says what there is."""


_error_class: list[type[NoReverseMatch]] = [NoReverseMatch]
_script_prefixes: list[Callable[[], str]] = [lambda: "/"]

SERVED: contextvars.ContextVar[FrozenApp] = contextvars.ContextVar("bolt_core.served")
"""The application whose server runs this code."""


def register_no_reverse_match(error: type[NoReverseMatch]) -> None:
    """Let *error* be what is raised, for the whole process: a framework has a class of its own for this."""
    _error_class[:] = [error]


def register_script_prefix(prefix: Callable[[], str]) -> None:
    """Let *prefix*() say which path the whole site stands below, `"/"` for none."""
    _script_prefixes[:] = [prefix]


def script_prefix() -> str:
    """The path that the whole site stands below, without its last slash."""
    return _script_prefixes[-1]().rstrip("/")


def failure(message: str) -> NoReverseMatch:
    """The error to raise."""
    return _error_class[-1](message)


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A path with a name; several methods of one path are one."""

    name: str
    """With the namespaces around it: `shop:get_item`."""
    path: str
    """The template, its literal text percent-encoded."""
    origin: str
    """The handler and where it is, for messages."""
    explicit: bool = False
    """Whether the author chose the name; it then counts before the names of functions."""
    readers: Mapping[str, ParamPlan] = field(default_factory=dict)
    """The handler's parameters that are read from the path."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path's parameters, in order."""
        return tuple(found[1] for found in _PLACEHOLDER.finditer(self.path))

    def fill(self, values: Mapping[str, Any]) -> str:
        """The path with *values*, percent-encoded; raises NoReverseMatch for a value that the route would refuse."""
        path = _PLACEHOLDER.sub(lambda found: self._encoded(found[1], values[found[1]], bool(found[2])), self.path)
        # Two slashes in front would name another host (RFC 3986 §4.2).
        return "/%2F" + path[2:] if path.startswith("//") else path

    def text(self, name: str, value: Any) -> str:
        """*value* as it stands in the path, not yet encoded; raises NoReverseMatch where the route would refuse it."""
        param = self.readers.get(name)
        try:
            if param is not None and param.split is not None and not isinstance(value, str):
                text = param.split.join(text_of(item) for item in value)
            else:
                text = text_of(value)
            if param is not None and param.split is None:
                read = _KIND_READERS.get(param.kind, str)(text)
                if param.convert is not None:
                    param.convert(read)
        except (TypeError, ValueError) as error:
            raise failure(f"{self.name!r} ({self.path}): {name}={value!r} does not fit: {error}") from error
        return text

    def _encoded(self, name: str, value: Any, rest: bool) -> str:
        text = self.text(name, value)
        segments = text.split("/") if rest else [text]
        if not text or any(segment in (".", "..") for segment in segments):
            raise failure(
                f"{self.name!r} ({self.path}): {name}={value!r} cannot stand in a path; clients resolve it away"
            )
        return "/".join(quote(segment, safe=_SAFE) for segment in segments)


class Names:
    """The named paths of an application."""

    def __init__(self, named: Iterable[Named] = (), own: str = "") -> None:
        """*own* is the namespace of the application itself, which names inside it may leave out."""
        self._own = own
        self.by_name: dict[str, list[Named]] = {}
        for one in named:
            known = self.by_name.setdefault(one.name, [])
            if all(other.path != one.path for other in known):
                known.append(one)

    def url(self, name: str, query: Query | None, values: Mapping[str, Any], outer: str = "") -> str:
        """The path of *name* below the site's prefix and *outer*, an encoded prefix; raises NoReverseMatch."""
        known = [_below(one, outer) for one in self.of_name(name)]
        if query is not None and any("query" in one.parameters for one in known):
            # A parameter of the path by that name is the nearer meaning.
            values, query = {**values, "query": query}, None
        fitting = [one for one in known if set(one.parameters) == values.keys()]
        if not fitting:
            raise failure(f"no route {name!r} takes {_listed(values)}; there is {_shown(known)}")
        if len(fitting) > 1:
            raise failure(f"{name!r} is ambiguous: {_shown(fitting)}; give one of them another name by name='…'")
        return script_prefix() + fitting[0].fill(values) + query_of(query)

    def of_name(self, name: str) -> list[Named]:
        """The paths called *name*, those whose author chose it alone where there are any; at least one, or an error."""
        known = self.by_name.get(name) or self.by_name.get(f"{self._own}:{name}") or []
        if not known:
            raise failure(self._unknown(name))
        return [one for one in known if one.explicit] or known

    def _unknown(self, name: str) -> str:
        names = sorted(self.by_name)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        shown = ", ".join(names[:_MOST_LISTED]) or "none"
        more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
        return f"no route is named {name!r}{hint}; there are: {shown}{more}"


def _below(named: Named, outer: str) -> Named:
    return Named(named.name, outer + named.path, named.origin, named.explicit, named.readers) if outer else named


def _listed(names: Iterable[str]) -> str:
    return f"the parameters {shown}" if (shown := ", ".join(sorted(names))) else "no parameters"


def _shown(named: Iterable[Named]) -> str:
    return " and ".join(f"{one.path} of {one.origin}" for one in named)


def text_of(value: Any) -> str:
    """*value* as a client writes it in a path or a query. Raises ValueError for what has no such text."""
    if isinstance(value, str) and type(value).__str__ is str.__str__:
        return str(value)
    try:
        # Dates, UUIDs, durations, decimals and enums as JSON has them.
        plain = msgspec.to_builtins(value)
    except (TypeError, NotImplementedError):
        plain = str(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError("it is no finite number")
    if isinstance(plain, str | int | float):
        return str(plain)
    raise ValueError(f"a {type(value).__name__} has no place in a URL")


def query_of(query: Query | None) -> str:
    """A question mark and *query*, percent-encoded; a list repeats its name. Empty without parameters."""
    if query is None or isinstance(query, str):
        return f"?{query.removeprefix('?')}" if query else ""
    lists = getattr(query, "lists", None)  # a QueryDict has a list for each name
    pairs: Iterable[tuple[str, Any]] = lists() if lists else query.items() if isinstance(query, Mapping) else query
    try:
        texts = [(name, text_of(item)) for name, value in pairs for item in _items(value)]
    except ValueError as error:
        raise failure(f"the query {query!r} cannot be written: {error}") from error
    return "?" + urlencode(texts) if texts else ""


def _items(value: Any) -> Iterable[Any]:
    if value is None:
        raise ValueError("None has no text; leave the parameter out")
    return value if isinstance(value, list | tuple | set | frozenset) else (value,)
