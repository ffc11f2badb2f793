"""What is known of a serializer class: its fields, and the code that is written for it once its types are known."""

import contextlib
import itertools
import sys
import typing
import weakref
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, NoneType, SimpleNamespace
from typing import Any, get_args, get_origin

import msgspec

from bolt_serializers.computing import Computed
from bolt_serializers.errors import DeclarationError
from bolt_serializers.fields import NO_DEFAULT, NO_OPTIONS, Field, FieldOptions
from bolt_serializers.finishing import needs_finishing, write_finisher
from bolt_serializers.hidden import Hidden
from bolt_serializers.hints import fill, is_union, peel
from bolt_serializers.locking import making
from bolt_serializers.records import is_record, record_fields
from bolt_serializers.shapes import parts
from bolt_serializers.shown import Shown, show
from bolt_serializers.validators import ComputedField, Validators

_numbers = itertools.count()
# Classes by where they are written: one that is made later may be what an earlier one refers to.
_siblings: dict[tuple[str, str], "weakref.WeakValueDictionary[str, type]"] = {}


class Information:
    """`__serializer__` of a class."""

    def __init__(self, class_: Any, declared: "Declared") -> None:
        self.class_ = class_
        self.declared = declared
        self.validators = declared.validators
        self.strict = declared.strict
        self.unique_keys = declared.unique_keys
        self.options: Mapping[str, FieldOptions] = declared.options
        self.own_post_init: Callable[[Any], None] | None = declared.post_init
        self.field_sets: Mapping[str, tuple[str, ...]] = declared.field_sets
        self.origin: tuple[Any, tuple[Any, ...]] | None = None
        """The generic class and its arguments, of `Page[Item]`."""
        self.frozen: bool = class_.__struct_config__.frozen
        self.names: tuple[str, ...] = class_.__struct_fields__
        self.wire_names: dict[str, str] = dict(zip(self.names, class_.__struct_encode_fields__, strict=True))
        self.slots: dict[str, Any] = {}
        self.descriptors: dict[str, Hidden | Computed] = {}
        self.shown: dict[str, Shown] = {}
        self.made: dict[Any, Any] = {}
        """What was worked out once, by its owner: decoders, readers, schemas, projections."""
        self._fields: tuple[Field, ...] | None = None
        self._ready = False
        self._number = next(_numbers)
        self._install()
        module, _, scope = f"{class_.__module__}:{class_.__qualname__}".rpartition(".")[0].partition(":")
        self._siblings = _siblings.setdefault((module or class_.__module__, scope), weakref.WeakValueDictionary())
        self._siblings[class_.__name__] = class_

    def _install(self) -> None:
        """Put what stands in place of slots into the class."""
        bases = [base.__serializer__ for base in self.class_.__mro__[1:] if "__serializer__" in base.__dict__]
        for name in self.names:
            inherited = next((base.slots[name] for base in bases if name in base.slots), None)
            own = self.class_.__dict__.get(name)
            self.slots[name] = own if type(own).__name__ == "member_descriptor" else inherited
            options = self.options.get(name, NO_OPTIONS)
            if name in self.declared.computed:
                descriptor: Hidden | Computed = Computed(name, self.declared.computed[name].function)
            elif options.write_only or options.exclude:
                descriptor = Hidden(name, frozen=self.frozen)
            else:
                if getattr(self.class_, name, None) is not self.slots[name]:
                    setattr(self.class_, name, self.slots[name])
                continue
            self.descriptors[name] = descriptor
            setattr(self.class_, name, descriptor)

    def put(self, instance: Any, name: str, value: Any) -> None:
        """Let a field have *value*, also where the class is frozen or hides it."""
        if name in self.descriptors:
            instance.__dict__[name] = value
        else:
            self.slots[name].__set__(instance, value)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field, in the order of the class. Raises `DeclarationError` where a type cannot be resolved."""
        if self._fields is None:
            self._fields = self._resolve()
        return self._fields

    @property
    def by_name(self) -> dict[str, Field]:
        """Fields by their Python names."""
        if "by_name" not in self.made:
            self.made["by_name"] = {field.name: field for field in self.fields}
        known: dict[str, Field] = self.made["by_name"]
        return known

    def _resolve(self) -> tuple[Field, ...]:
        hints = self._hints()
        defaults = {info.name: info for info in struct_defaults(self.class_)}
        fields = []
        for name in self.names:
            options = self.options.get(name, NO_OPTIONS)
            computed = self.declared.computed.get(name)
            factory = defaults[name].default_factory
            default = defaults[name].default
            if options.write_only and name in self.declared.needed:
                default = NO_DEFAULT
            fields.append(
                Field(
                    name=name,
                    wire_name=self.wire_names[name],
                    hint=hints[name],
                    default=default,
                    default_factory=None if factory is NO_DEFAULT else factory,
                    options=options,
                    computed=None if computed is None else computed.function,
                )
            )
        return tuple(fields)

    def _hints(self) -> dict[str, Any]:
        """Types by field, with those of the bases."""
        hints: dict[str, Any] = {}
        for base in reversed(self.class_.__mro__[1:]):
            if "__serializer__" in base.__dict__:
                information = base.__dict__["__serializer__"]
                replaced = self.declared.type_arguments.get(base, {})
                hints |= {field.name: fill(field.hint, replaced) for field in information.fields}
        return hints | self._own_hints()

    def _own_hints(self) -> dict[str, Any]:
        return resolved(
            self.declared.annotations,
            self.class_.__qualname__,
            {
                **getattr(sys.modules.get(self.class_.__module__), "__dict__", {}),
                **self.declared.scope,
                **self._later_siblings(),
                self.class_.__name__: self.class_,
                **{one.__name__: one for one in getattr(self.class_, "__type_params__", ())},
            },
        )

    def _later_siblings(self) -> dict[str, type]:
        """Classes written beside it and made after it: those made before are in its scope.

        A function that is called again makes its classes anew, and they are not to refer to those of its last call.
        """
        known = [(name, information_of(class_)) for name, class_ in list(self._siblings.items())]
        return {name: one.class_ for name, one in known if one is not None and one._number > self._number}

    @property
    def guarded(self) -> bool:
        """Whether data may not set, or may not leave out, what the program itself may."""
        return any(field.read_only or (field.options.write_only and field.required) for field in self.fields)

    def can_be_unset(self, field: Field) -> bool:
        """Whether `UNSET` may stand in place of a value."""
        return (
            field.read_only
            or field.options.write_only
            or field.default is msgspec.UNSET
            or any(member is msgspec.UnsetType for member in _members(field.hint))
        )

    def can_be_none(self, field: Field) -> bool:
        """Whether None is a value of *field*."""
        return field.default is None or any(member in (None, NoneType, Any, object) for member in _members(field.hint))

    def ready(self) -> "Information":
        """Itself, once msgspec knows the class and its own code is written. Raises `DeclarationError`."""
        if not self._ready:
            with making:
                self._make_ready()
        return self

    def _make_ready(self) -> None:
        group = [one for one in reachable(self.class_) if not one._ready]
        for one in group:
            one.shown = {field.name: one._show(field) for field in one.fields}
        before = {one.class_: one.class_.__annotations__ for one in group}
        try:
            for one in group:
                one.class_.__annotations__ = {name: shown.type for name, shown in one.shown.items()}
                if needs_finishing(one) or one.declared.finisher is not None:
                    assert one.declared.finisher is not None, one.class_
                    write_finisher(one, one.declared.finisher)
            for one in group:
                one._tell_msgspec()
        finally:
            for class_, annotations in before.items():
                class_.__annotations__ = annotations
        for one in group:
            # As they were written, but resolved, for whoever else reads them.
            one.class_.__annotations__ = {name: one.by_name[name].hint for name in one.declared.annotations}
            one._ready = True
            one.declared.scope = {}

    def _show(self, field: Field) -> Shown:
        try:
            return show(field.hint, taken_from_data=field.taken, unset=self.can_be_unset(field))
        except TypeError as error:
            raise DeclarationError(f"{self.class_.__qualname__}.{field.name}: {error}") from error
        except RecursionError as error:
            raise DeclarationError(
                f"{self.class_.__qualname__}.{field.name}: its type is an alias that holds itself, which cannot be "
                "decoded; use a Serializer in place of the alias, or Any"
            ) from error

    def _tell_msgspec(self) -> None:
        try:
            msgspec.json.Decoder(self.class_)
            for field in self.fields:
                for part in parts(msgspec.inspect.type_info(self.shown[field.name].taken)):
                    if isinstance(part, msgspec.inspect.CustomType) and field.computed is None:
                        name = getattr(part.cls, "__qualname__", part.cls)
                        raise TypeError(
                            f"its type holds {name}, which data cannot be decoded into; use a Serializer, a Struct, a "
                            "dataclass, a TypedDict or builtin types"
                        )
        except TypeError as error:
            at = f".{field.name}" if "field" in locals() else ""
            raise DeclarationError(f"{self.class_.__qualname__}{at}: {error}") from error


def resolved(annotations: Mapping[str, Any], class_name: str, names: dict[str, Any]) -> dict[str, Any]:
    """*annotations* as types; raises `UnresolvedType` where one names what *names* do not know."""
    made = {}
    for name, annotation in annotations.items():
        holder = SimpleNamespace(__annotations__={name: annotation})
        try:
            found = typing.get_type_hints(holder, globalns=names, localns=names, include_extras=True)
        except (NameError, TypeError, SyntaxError, AttributeError) as error:
            raise UnresolvedType(
                f"{class_name}.{name}: its type {annotation!r} cannot be resolved ({error}); import or define what it "
                "names before the class is used"
            ) from error
        made[name] = found[name]
    return made


class UnresolvedType(DeclarationError):
    """A type that names what does not exist, or not yet."""


def struct_defaults(class_: Any) -> Iterator[Any]:
    """Names and defaults of a Struct, without asking for its types."""
    names = class_.__struct_fields__
    defaults = class_.__struct_defaults__
    missing = [NO_DEFAULT] * (len(names) - len(defaults))
    for name, default in zip(names, [*missing, *defaults], strict=True):
        if type(default).__name__ == "Factory":
            yield SimpleNamespace(name=name, default=NO_DEFAULT, default_factory=default.factory)
        else:
            yield SimpleNamespace(name=name, default=default, default_factory=NO_DEFAULT)


def _members(hint: Any) -> tuple[Any, ...]:
    inner = peel(hint).type
    outer = get_args(hint) if is_union(hint) else (NoneType,) if peel(hint).optional else ()
    return (*outer, *(get_args(inner) if is_union(inner) else (inner,)))


def reachable(root: Any) -> list[Information]:
    """Information of every serializer class inside *root*, which may be any type, each once."""
    found: dict[int, Information] = {}
    seen: set[int] = set()
    kept: list[Any] = []
    waiting: list[Any] = [root]
    while waiting:
        hint = waiting.pop()
        if id(hint) in seen:
            continue
        seen.add(id(hint))
        kept.append(hint)
        if (information := information_of(hint)) is not None:
            found[id(information)] = information
            waiting += [field.hint for field in information.fields]
            continue
        waiting += _inside(hint)
    return list(found.values())


def _inside(hint: Any) -> list[Any]:
    if isinstance(hint, typing.TypeAliasType):
        return [hint.__value__]
    if isinstance(hint, typing.NewType):
        return [hint.__supertype__]
    arguments = [argument for argument in get_args(hint) if not isinstance(argument, str | int | bytes)]
    if get_origin(hint) is typing.Annotated:
        return arguments[:1]
    if is_record(hint):
        # Whoever decodes it says what is wrong with it.
        with contextlib.suppress(NameError, TypeError):
            arguments += [field.hint for field in record_fields(hint)]
    return arguments


def information_of(type_: Any) -> Information | None:
    """What is known of *type_*, where it is a serializer class."""
    return getattr(type_, "__serializer__", None) if isinstance(type_, type) else None


class Declared:
    """What the body of a class said, before there was a class."""

    def __init__(self) -> None:
        self.annotations: dict[str, Any] = {}
        self.options: dict[str, FieldOptions] = {}
        self.computed: dict[str, ComputedField] = {}
        self.validators = Validators()
        self.needed: set[str] = set()
        """Fields that are write-only and have no default."""
        self.finisher: FunctionType | None = None
        """`__post_init__` of the class, where it needs one."""
        self.post_init: Callable[[Any], None] | None = None
        self.strict = True
        self.unique_keys = False
        self.field_sets: Mapping[str, tuple[str, ...]] = {}
        self.scope: Mapping[str, Any] = {}
        """Names of the function that the class is defined in; let go once types are resolved."""
        self.type_arguments: dict[Any, Mapping[Any, Any]] = {}
        """What stands for type variables of generic bases."""
