"""What is raised for wrong declarations and for wrong data."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict

from bolt_serializers.invalid import Found, InvalidValue, Loc
from bolt_serializers.translation import translated


class DeclarationError(Exception):
    """A mistake in a declaration, raised where it is made; says what is wrong and what to do instead."""


class ErrorDetails(TypedDict):
    """One thing that is wrong."""

    loc: Loc
    """Where: names on the wire and indexes, outermost first; empty for the whole."""
    msg: str
    """For people, in the language of the moment (see `set_translator`)."""
    type: str
    """For programs."""
    ctx: dict[str, Any]
    """What the value was held against, as `{"ge": 3}`; empty where there is nothing to tell."""


class ValidationError(ValueError):
    """Data that is not what a serializer takes: everything that is wrong with it, not only the first.

    Validators may raise it, too, to say more than a `ValueError` can: `ValidationError("Already taken", type="unique",
    loc=("email",))`; *loc* counts from the value or the object that the validator was given.
    """

    def __init__(
        self,
        message: "str | Iterable[Found | ErrorDetails]",
        *,
        type: str = "value_error",
        loc: Iterable[str | int] = (),
        ctx: Mapping[str, Any] | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(message)
        # A lazily translated text is no str, and stays lazy until it is read.
        many = isinstance(message, list | tuple)
        self.found: list[Found] = [_as_found(item) for item in message] if many else [(tuple(loc), message, type, ctx)]  # type: ignore[list-item]
        self.title = title

    def errors(self) -> list[ErrorDetails]:
        """Everything that is wrong, in the order of the fields."""
        return [
            {"loc": loc, "msg": translated(str(msg), kind, ctx), "type": kind, "ctx": dict(ctx or {})}
            for loc, msg, kind, ctx in self.found
        ]

    def __str__(self) -> str:
        listed = self.errors()
        if self.title is None and len(listed) == 1 and not listed[0]["loc"]:
            return listed[0]["msg"]
        count = "1 error" if len(listed) == 1 else f"{len(listed)} errors"
        lines = [f"{count} in {self.title or 'the data'}"]
        lines += [f"  {_shown(error['loc'])}: {error['msg']} [{error['type']}]" for error in listed]
        return "\n".join(lines)

    def __reduce__(self) -> Any:
        return _rebuild, (type(self), self.found, self.title)


class ConstructionError(ValidationError):
    """Values or an object of the program's own that do not fit a serializer.

    Raised by constructors and `from_model`: no client is to blame, so a server answers 500 and not 422.
    """


type Missing = Literal["relation", "column", "code", "rows"]
"""What is not loaded: related objects, a column, what a property or a method asks for, or a QuerySet itself."""


class LazyLoadError(Exception):
    """Reading an object would have queried the database where that may not happen.

    On an event loop, or anywhere where reading is strict.
    """

    def __init__(self, path: str, many: bool, why: str, what: Missing = "relation") -> None:
        super().__init__(path, many, why, what)
        self.path = path
        """What was to be read, in the words of Django's lookups: `author__name`."""
        self.many = many
        """Whether many objects are on the way there."""
        self.why = why
        self.what: Missing = what

    def __str__(self) -> str:
        if self.what == "rows":
            return f"{self.path} {self.why}; use afrom_models(), or evaluate it before"
        if self.what == "column":
            remedy = f"name {self.path!r} in the QuerySet's only(), or take it out of defer()"
        elif self.what == "code":
            remedy = "load what it asks for with the QuerySet, or use afrom_model()"
        else:
            method = "prefetch_related" if self.many else "select_related"
            remedy = f"add {method}({self.path!r}) to the QuerySet, or let the serializer's optimize() do it"
        return f"{self.path} {self.why}; {remedy}"


def _as_found(item: Any) -> Found:
    if isinstance(item, dict):
        return tuple(item["loc"]), item["msg"], item.get("type", "value_error"), item.get("ctx") or None
    loc, msg, kind, ctx = item
    return tuple(loc), msg, kind, ctx


def _shown(loc: Loc) -> str:
    return ".".join(map(str, loc)) or "(whole)"


def _rebuild(class_: type[ValidationError], found: list[Found], title: str | None) -> ValidationError:
    return class_(found, title=title)


def found_of(error: Exception) -> list[Found] | None:
    """What an exception of a validator says is wrong, counted from its value; `None` if it says nothing of the data."""
    if isinstance(error, ValidationError):
        return error.found
    if isinstance(error, InvalidValue):
        return [((), str(error), error.type, error.ctx)]
    if isinstance(error, AssertionError):
        return [((), str(error) or "The value is refused", "assertion_error", None)]
    if isinstance(error, ValueError):
        return [((), str(error) or "The value is refused", "value_error", None)]
    return None


class Refused(ValueError):
    """What the code that finishes an instance raises, for msgspec to say where the instance stands.

    A `ValueError`, as msgspec takes these, and only these, for faults of the data.
    """

    def __init__(self, found: list[Found]) -> None:
        super().__init__(str(found[0][1]))
        self.found = found


class Escaped(Exception):
    """Carries an exception of a validator that is no verdict past msgspec, which would take a `TypeError` for one."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"a validator raised {type(error).__name__}: {error}")
        self.error = error


def refusal(error: Exception, loc: Loc = ()) -> Refused | Escaped:
    """What to raise for *error*, which a validator raised about what stands at *loc*."""
    if isinstance(error, Refused | Escaped):
        return error
    found = found_of(error)
    if found is None:
        return Escaped(error)
    return Refused([((*loc, *where), msg, kind, ctx) for where, msg, kind, ctx in found])
