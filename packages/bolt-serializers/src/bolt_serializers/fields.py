"""What is said of a field beside its type, and what a field is once its class is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, overload

import msgspec

from bolt_serializers.errors import DeclarationError

NO_DEFAULT = msgspec.NODEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOptions:
    """What `field()` was given."""

    default: Any = NO_DEFAULT
    default_factory: Callable[[], Any] | None = None
    alias: str | None = None
    source: str | None = None
    read_only: bool = False
    write_only: bool = False
    exclude: bool = False
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] = ()
    deprecated: bool = False

    def __post_init__(self) -> None:
        if self.default is not NO_DEFAULT and self.default_factory is not None:
            raise DeclarationError("field() is given default and default_factory; keep one")
        if self.read_only and self.write_only:
            raise DeclarationError("field() is both read_only and write_only, so nothing could use it; keep one")
        if self.read_only and self.exclude:
            raise DeclarationError("field() is both read_only and exclude, so nothing could use it; keep one")
        if self.source is not None and not all(step.isidentifier() for step in self.source.split(".")):
            raise DeclarationError(
                f"field(source={self.source!r}): a source is the name of an attribute, or names joined by dots"
            )


NO_OPTIONS = FieldOptions()


@overload
def field[T](
    *,
    default: T,
    alias: str | None = None,
    source: str | None = None,
    read_only: bool = False,
    write_only: bool = False,
    exclude: bool = False,
    title: str | None = None,
    description: str | None = None,
    examples: Sequence[Any] = (),
    deprecated: bool = False,
) -> T: ...
@overload
def field[T](
    *,
    default_factory: Callable[[], T],
    alias: str | None = None,
    source: str | None = None,
    read_only: bool = False,
    write_only: bool = False,
    exclude: bool = False,
    title: str | None = None,
    description: str | None = None,
    examples: Sequence[Any] = (),
    deprecated: bool = False,
) -> T: ...
@overload
def field(
    *,
    alias: str | None = None,
    source: str | None = None,
    read_only: bool = False,
    write_only: bool = False,
    exclude: bool = False,
    title: str | None = None,
    description: str | None = None,
    examples: Sequence[Any] = (),
    deprecated: bool = False,
) -> Any: ...
def field(**options: Any) -> Any:
    """Say more of a field than its type: `email: str = field(alias="e-mail", description="Where to write")`.

    *default*: the value where the data has none; *default_factory* makes it anew each time.
    *alias*: the name in JSON. The constructor takes both names.
    *source*: the attribute that `from_model` reads, or a path (`"author.name"`). What is called without arguments is.
    *read_only*: never taken from data, only from the constructor and from objects; `UNSET` where neither gave it.
    *write_only*: taken from data and never written by `dump`, `to_json` or any encoder; nor read from objects.
    *exclude*: never written either, but read from objects, for validators and computed fields.
    *title, description, examples, deprecated*: for the JSON Schema.

    Raises `DeclarationError` for options that contradict each other.
    """
    if "examples" in options:
        options["examples"] = tuple(options["examples"])
    return FieldOptions(**options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a serializer class."""

    name: str
    wire_name: str
    """In JSON."""
    hint: Any
    """Its type, every name resolved."""
    default: Any = NO_DEFAULT
    default_factory: Callable[[], Any] | None = None
    options: FieldOptions = NO_OPTIONS
    computed: Callable[[Any], Any] | None = None
    """What computes it, where no data holds it."""
    checked: bool = attribute(default=False, compare=False)

    @property
    def required(self) -> bool:
        """Whether data must hold it."""
        return self.taken and self.default is NO_DEFAULT and self.default_factory is None

    @property
    def read_only(self) -> bool:
        return self.options.read_only

    @property
    def taken(self) -> bool:
        """Whether it is taken from data."""
        return self.computed is None and not self.options.read_only

    @property
    def written(self) -> bool:
        """Whether it leaves with `dump`, `to_json` and encoders."""
        return not (self.options.write_only or self.options.exclude)

    @property
    def read(self) -> bool:
        """Whether `from_model` reads it."""
        return self.computed is None and not self.options.write_only

    @property
    def source(self) -> tuple[str, ...]:
        """The attributes that lead to its value, from an object."""
        return tuple((self.options.source or self.name).split("."))
