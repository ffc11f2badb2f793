"""Which shape an application's errors have, declared once and valid for all of them."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bolt_core.exceptions import ConfigError, HTTPException

if TYPE_CHECKING:
    from bolt_core._native import Request

type ErrorFormatter = Callable[[HTTPException, Request | None], Any]
"""Makes the body of an error: any JSON value, or a whole response whose header fields count."""


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """What was said about the shape; `None` is silence, which leaves it to whoever stands further out."""

    problem_details: bool | None = None
    """Problem details (RFC 9457) instead of `{"detail": …}`."""
    formatter: ErrorFormatter | None = None

    @classmethod
    def checked(cls, problem_details: Any = None, formatter: Any = None) -> "ErrorFormat":
        """What an author wrote; raises `ConfigError` for what cannot work."""
        if problem_details is not None and not isinstance(problem_details, bool):
            raise ConfigError(f"problem_details={problem_details!r}: give True or False")
        if formatter is not None:
            _check_formatter(formatter)
        return cls(problem_details, formatter) if problem_details is not None or formatter is not None else UNSAID

    def resolved(self) -> "ErrorFormat":
        """This, completed by what the process says (`register_error_defaults`)."""
        result = self
        for read in _defaults:
            result = result.or_else(read())
        return result

    def or_else(self, other: "ErrorFormat") -> "ErrorFormat":
        """This, and where it is silent, what *other* says."""
        if other is UNSAID:
            return self
        problem_details = other.problem_details if self.problem_details is None else self.problem_details
        return ErrorFormat(problem_details, self.formatter or other.formatter)

    def joined(self, other: "ErrorFormat") -> "ErrorFormat":
        """What both say together; raises `ConfigError` where they contradict each other."""
        both = self.or_else(other)
        for name in ("problem_details", "formatter"):
            said = getattr(other, name)
            if said is not None and said is not getattr(both, name):
                option = "error_formatter" if name == "formatter" else name
                raise ConfigError(
                    f"{option}: APIs that are served together say {getattr(both, name)!r} and {said!r}, but an "
                    "application has one shape of errors; say it once, on the outermost"
                )
        return both


UNSAID = ErrorFormat()
"""Silence about everything."""


def _check_formatter(formatter: Any) -> None:
    shown = f"error_formatter={getattr(formatter, '__qualname__', formatter)!r}"
    if not callable(formatter) or isinstance(formatter, type):
        raise ConfigError(f"{shown}: give a function that takes (error, request)")
    if inspect.iscoroutinefunction(formatter) or inspect.iscoroutinefunction(getattr(formatter, "__call__", None)):  # noqa: B004
        raise ConfigError(f"{shown}: it must be a plain def, because errors are written where nothing can be awaited")
    try:
        inspect.signature(formatter).bind(None, None)
    except TypeError as error:
        raise ConfigError(f"{shown}: it must take (error, request) and nothing else") from error
    except ValueError:
        # Functions written in C may hide their signature.
        return


_defaults: list[Callable[[], ErrorFormat]] = []


def register_error_defaults(read: Callable[[], ErrorFormat]) -> None:
    """Let *read*() say the shape wherever an application says nothing; asked when it is needed, so settings may change.

    Registering a function again does nothing.
    """
    if read not in _defaults:
        _defaults.append(read)
