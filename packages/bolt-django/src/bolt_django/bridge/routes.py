"""Which paths the project's routes answer, told before the engine is asked."""

import re
from collections.abc import Callable, Iterable

from bolt_core.paths import normal_path
from bolt_core.plan import HandlerPlan

_PLACEHOLDER = re.compile(r"\{(\w+)(:path)?\}")


def regex_of(template: str, literal: Callable[[str], str] = str, *, named: bool = False) -> str:
    """A regular expression for the paths that *template* matches, with a group for each parameter where *named*.

    *literal* gives the spelling of the text between.
    """
    parts = []
    end = 0
    for found in _PLACEHOLDER.finditer(template):
        parts.append(re.escape(literal(template[end : found.start()])))
        some = ".+" if found[2] else "[^/]+"
        parts.append(f"(?P<{found[1]}>{some})" if named else some)
        end = found.end()
    parts.append(re.escape(literal(template[end:])))
    return "".join(parts)


class Paths:
    """The paths of an application."""

    def __init__(self, plans: Iterable[HandlerPlan], *, append_slash: bool) -> None:
        """*append_slash*: a path that lacks its last slash is redirected, and so is ours, too."""
        templates = dict.fromkeys(plan.path for plan in plans)
        self._plain = frozenset(path for path in templates if "{" not in path)
        open_ones = [regex_of(path) for path in templates if "{" in path]
        self._open = re.compile("|".join(open_ones) or "(?!)", re.DOTALL)
        self._append_slash = append_slash

    def has(self, raw_path: str) -> bool:
        """Whether a route matches *raw_path*, which is percent-encoded as the client sent it."""
        path = normal_path(raw_path)
        return path in self._plain or self._open.fullmatch(path) is not None

    def lacks_slash(self, raw_path: str) -> bool:
        """Whether the engine would redirect *raw_path* to a route."""
        return self._append_slash and not raw_path.endswith("/") and self.has(raw_path + "/")
