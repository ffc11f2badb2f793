"""Classes made of a class: with fewer fields, with all of them optional, with its type variables filled in."""

import types
import typing
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import msgspec

from bolt_serializers.errors import DeclarationError
from bolt_serializers.fields import NO_DEFAULT, NO_OPTIONS, Field, FieldOptions
from bolt_serializers.hints import fill
from bolt_serializers.information import Information, information_of
from bolt_serializers.locking import making
from bolt_serializers.validators import FieldValidator, Validators


def projection(information: Information, names: Iterable[str], title: str | None = None) -> Any:
    """A class with the fields *names* alone; the same class each time."""
    wanted = set(names)
    class_ = information.class_
    if unknown := wanted - set(information.names):
        shown, there = ", ".join(sorted(unknown)), ", ".join(information.names)
        raise DeclarationError(f"{class_.__qualname__} has no field {shown}; there are: {there}")
    if not wanted:
        raise DeclarationError(f"a projection of {class_.__qualname__} without any field; name one")
    kept = tuple(name for name in information.names if name in wanted)
    title = title or "_".join((class_.__name__, *kept))
    return _once(information, ("projection", kept, title), lambda: _project(information, kept, title))


def _once(information: Information, key: Any, make: Callable[[], Any]) -> Any:
    """The class that *make* makes: the same one, also to threads that ask for it at once."""
    with making:
        if key not in information.made:
            information.made[key] = make()
        return information.made[key]


def _project(information: Information, kept: tuple[str, ...], title: str) -> Any:
    class_, declared = information.class_, information.declared
    gone = frozenset(information.names) - set(kept)
    namespace = _methods(class_)
    for name in gone:
        namespace.pop(name, None)
    annotations = {}
    for field in information.fields:
        if field.name not in kept:
            continue
        if field.computed is not None:
            if lost := _names_used(field.computed) & gone:
                raise DeclarationError(
                    f"{class_.__qualname__}.{field.name} is computed from {', '.join(sorted(lost))}, which the "
                    "projection leaves out; keep that, or leave both out"
                )
            namespace[field.name] = declared.computed[field.name]
            continue
        annotations[field.name] = field.hint
        _set_default(namespace, field, information)
    namespace["__annotations__"] = annotations
    namespace["__validators__"] = _kept_validators(information.validators, set(kept), gone)
    cell = types.CellType()
    namespace = {name: _rebound(value, cell) for name, value in namespace.items()}
    cell.cell_contents = made = _make(information, title, _bases_of(class_), namespace)
    return made


def _rebound(value: Any, cell: types.CellType) -> Any:
    """A function that says `super()`, for the class in *cell*: that of its own is no base of a projection."""
    if isinstance(value, classmethod | staticmethod):
        return type(value)(_rebound(value.__func__, cell))
    if not isinstance(value, types.FunctionType) or "__class__" not in value.__code__.co_freevars:
        return value
    closure = tuple(
        cell if name == "__class__" else old
        for name, old in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    )
    made = types.FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, closure)
    made.__kwdefaults__, made.__annotations__ = value.__kwdefaults__, value.__annotations__
    return made


def _kept_validators(validators: Validators, kept: set[str], gone: frozenset[str]) -> Validators:
    """Those of the fields that are left, and of the whole where they ask for no other."""
    fields = []
    for one in validators.fields:
        names = tuple(name for name in one.fields if name in kept or name == "*")
        if names:
            fields.append(FieldValidator(one.name, one.function, names, one.mode, one.is_async))
    models = [one for one in validators.models if not _names_used(one.function) & gone]
    return Validators(tuple(fields), tuple(models))


def _names_used(function: Callable[..., Any]) -> set[str]:
    """Names and texts in the code of *function*, which an attribute or a key may be."""
    waiting = [getattr(function, "__code__", None)]
    found: set[str] = set()
    while waiting:
        code = waiting.pop()
        if isinstance(code, types.CodeType):
            found.update(code.co_names)
            found.update(constant for constant in code.co_consts if isinstance(constant, str))
            waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return found


def _methods(class_: Any) -> dict[str, Any]:
    """What the class and its bases define beside fields, validators and what every serializer has."""
    names: dict[str, Any] = {}
    for base in reversed(class_.__mro__):
        if "__serializer__" not in base.__dict__:
            continue
        validators = base.__serializer__.validators
        not_methods = {one.name for one in validators.every} | set(base.__struct_fields__)
        names |= {
            name: value
            for name, value in base.__dict__.items()
            if not name.startswith("__") and name not in not_methods and not getattr(value, "__bolt__", False)
        }
    return names


def _bases_of(class_: Any) -> tuple[Any, ...]:
    """The serializer base without fields that a projection of *class_* derives from, and mixins without fields."""
    plain = [base for base in class_.__mro__ if information_of(base) is None and isinstance(base, type(class_))]
    return (next(base for base in plain if base is not msgspec.Struct),)


def _set_default(namespace: dict[str, Any], field: Field, information: Information) -> None:
    options = information.options.get(field.name, NO_OPTIONS)
    given: dict[str, Any] = {}
    if field.default_factory is not None:
        given["default_factory"] = field.default_factory
    elif field.default is not NO_DEFAULT and not (options.read_only and field.default is msgspec.UNSET):
        given["default"] = field.default
    namespace[field.name] = _options_with(options, alias=field.wire_name, **given)


def _options_with(options: FieldOptions, **given: Any) -> FieldOptions:
    kept = {name: getattr(options, name) for name in FieldOptions.__dataclass_fields__}
    kept |= {"default": NO_DEFAULT, "default_factory": None} if "default" in given or "default_factory" in given else {}
    return FieldOptions(**{**kept, **given})


def _make(information: Information, title: str, bases: tuple[Any, ...], namespace: dict[str, Any]) -> Any:
    class_ = information.class_
    config = class_.__struct_config__
    given = {
        name: getattr(config, name)
        for name in ("frozen", "eq", "order", "omit_defaults", "forbid_unknown_fields", "repr_omit_defaults")
    }
    if config.tag is not None:
        given |= {"tag": config.tag, "tag_field": config.tag_field}
    namespace |= {"__module__": class_.__module__, "__qualname__": title, "__doc__": class_.__doc__}
    return types.new_class(
        title,
        bases,
        {**given, "strict": information.strict, "unique_keys": information.unique_keys},
        lambda body: body.update(namespace),
    )


def partial_of(information: Information) -> Any:
    """The class with every field optional, `UNSET` where the data does not have it."""
    return _once(information, "partial", lambda: _make_partial(information))


def _make_partial(information: Information) -> Any:
    namespace: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for field in information.fields:
        if field.computed is None and not field.read_only:
            annotations[field.name] = field.hint | msgspec.UnsetType
            options = information.options.get(field.name, NO_OPTIONS)
            namespace[field.name] = _options_with(options, alias=field.wire_name, default=msgspec.UNSET)
    namespace["__annotations__"] = annotations
    # Checks of several fields together can only be made where all of them are there.
    models = tuple(one for one in information.validators.models if one.mode == "before")
    namespace["__validators__"] = Validators(information.validators.fields, models)
    return _make(information, f"Partial{information.class_.__name__}", (information.class_,), namespace)


def concrete(information: Information, alias: Any) -> Any:
    """The class that the generic *alias* stands for: `Page[Item]`."""
    arguments = typing.get_args(alias)
    key = ("concrete", arguments)
    with making:
        if key not in information.made:
            title = "_".join((information.class_.__name__, *map(_shown, arguments)))
            # Its own fields may name it.
            information.made[key] = typing.ForwardRef(title)
            try:
                information.made[key] = _make_concrete(information, title, arguments)
            except BaseException:
                del information.made[key]
                raise
        return information.made[key]


def _make_concrete(information: Information, title: str, arguments: tuple[Any, ...]) -> Any:
    replaced = dict(zip(information.class_.__parameters__, arguments, strict=True))
    namespace: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for field in information.fields:
        hint = fill(field.hint, replaced)
        if hint is not field.hint and field.computed is None:
            annotations[field.name] = hint
            _set_default(namespace, field, information)
    namespace["__annotations__"] = annotations
    made = _make(information, title, (information.class_,), namespace)
    made.__serializer__.origin = (information.class_, arguments)
    return made


def _shown(argument: Any) -> str:
    """*argument* as a part of a name: letters, digits and underscores."""
    name = getattr(argument, "__name__", None)
    inner = "_".join(_shown(one) for one in typing.get_args(argument))
    whole = f"{name or 'Union'}_{inner}" if inner else str(name or argument)
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in whole)


if typing.TYPE_CHECKING:
    _T = typing.TypeVar("_T")
    Partial = Annotated[_T, "every field may be left out"]
else:

    class Partial:
        """`Partial[User]`: User with every field optional; what the data does not have is `UNSET`.

        A class of its own, derived from `User` and the same each time. To type checkers it is `User`. Validators of
        fields run for the fields that are there; those of the whole model do not run.
        """

        def __class_getitem__(cls, class_: Any) -> Any:
            information = information_of(class_)
            if information is None:
                raise TypeError(f"Partial[{class_!r}]: give a Serializer class")
            return partial_of(information)


def named_set(information: Information, name: str) -> Any:
    """The projection that `field_sets` lists under *name*."""
    if name not in information.field_sets:
        there = ", ".join(information.field_sets) or "none"
        raise DeclarationError(f"{information.class_.__qualname__} has no field set {name!r}; there are: {there}")
    return projection(information, information.field_sets[name], f"{information.class_.__name__}_{name}")
