"""Stores that say what is revoked through them, so that answers which others keep are dropped at once."""

from collections.abc import Callable

type Listener = Callable[[str, str, float, float], None]
"""Called with `"token"`, the `jti`, 0 and until when; `"user"`, the user, before when and until when; or `"clear"`."""


class Announcing:
    """Base of a store: `announce` tells whoever subscribed."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell *listener* of everything that this object revokes from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def announce(self, kind: str, name: str = "", before: float = 0.0, until: float = 0.0) -> None:
        """Tell what has been revoked; see `Listener`."""
        for listener in list(self._listeners):
            listener(kind, name, before, until)
