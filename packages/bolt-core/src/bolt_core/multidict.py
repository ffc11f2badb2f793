"""A mapping in which a name may have several values: what queries and forms are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Protocol, overload
from urllib.parse import quote, quote_plus

__all__ = ["MultiDict", "MultiMapping"]


class MultiMapping[V](Protocol):
    """What `request.GET`, `POST` and `FILES` offer: a `MultiDict`, or Django's `QueryDict` where Django is at hand."""

    def __getitem__(self, key: str, /) -> V:
        """The last value of *key*."""
        ...

    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    @overload
    def get(self, key: str, /) -> V | None: ...
    @overload
    def get(self, key: str, default: V, /) -> V: ...
    @overload
    def get[D](self, key: str, default: D, /) -> V | D: ...
    def get(self, key: str, default: Any = None, /) -> Any:
        """The last value of *key*, or *default*."""
        ...

    def getlist(self, key: str, /) -> list[V]:
        """Every value of *key*, in order; `[]` where it has none."""
        ...

    def keys(self) -> Iterable[str]:
        """The names, each once."""
        ...

    def values(self) -> Iterable[V]:
        """The last value of each name."""
        ...

    def items(self) -> Iterable[tuple[str, V]]:
        """Each name with its last value."""
        ...

    def lists(self) -> Iterable[tuple[str, list[V]]]:
        """Each name with all of its values."""
        ...

    def dict(self) -> dict[str, V]:
        """A dict of each name's last value."""
        ...

    def urlencode(self, safe: str | None = None) -> str:
        """The pairs as application/x-www-form-urlencoded; characters of *safe* stay as they are."""
        ...


class MultiDict[V](Mapping[str, V]):
    """Values by name, several for a name that repeats. `[]` and `get` give the last one, as Django's `QueryDict` does.

    Immutable: a request's data is what the client sent. `dict(x.lists())` is a copy to change. Equal to any mapping of
    the same last values, to another `MultiDict` only if all values agree.
    """

    __slots__ = ("_lists",)

    def __init__(self, pairs: Iterable[tuple[str, V]] = ()) -> None:
        lists: dict[str, list[V]] = {}
        for name, value in pairs:
            lists.setdefault(name, []).append(value)
        self._lists = lists

    def __getitem__(self, key: str) -> V:
        return self._lists[key][-1]

    @overload
    def get(self, key: str, /) -> V | None: ...
    @overload
    def get(self, key: str, default: V, /) -> V: ...
    @overload
    def get[D](self, key: str, default: D, /) -> V | D: ...
    def get(self, key: str, default: Any = None, /) -> Any:
        """The last value of *key*, or *default*."""
        values = self._lists.get(key)
        return default if values is None else values[-1]

    def __contains__(self, key: object) -> bool:
        return key in self._lists

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiDict):
            return self._lists == other._lists
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def getlist(self, key: str) -> list[V]:
        """Every value of *key*, in order; `[]` where it has none."""
        return list(self._lists.get(key, ()))

    def lists(self) -> Iterator[tuple[str, list[V]]]:
        """Each name with all of its values."""
        return ((name, list(values)) for name, values in self._lists.items())

    def dict(self) -> dict[str, V]:
        """A dict of each name's last value."""
        return {name: values[-1] for name, values in self._lists.items()}

    def urlencode(self, safe: str | None = None) -> str:
        """The pairs as application/x-www-form-urlencoded; characters of *safe*, `/` for one, stay as they are."""

        def encode(text: object) -> str:
            return quote_plus(str(text)) if safe is None else quote(str(text), safe)

        return "&".join(f"{encode(name)}={encode(value)}" for name, values in self._lists.items() for value in values)

    def __setitem__(self, key: str, value: V) -> NoReturn:
        raise TypeError("what the client sent cannot be changed; change a copy: dict(data.lists())")

    def __delitem__(self, key: str) -> NoReturn:
        raise TypeError("what the client sent cannot be changed; change a copy: dict(data.lists())")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._lists!r})"
