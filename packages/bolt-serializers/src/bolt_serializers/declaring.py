"""The metaclass of serializers: what the body of a class says, taken apart before msgspec makes the class."""

import contextlib
import importlib
import sys
import typing
from collections.abc import Mapping
from types import FunctionType
from typing import Any, ClassVar, get_args, get_origin

import msgspec

from bolt_serializers.copying import special_methods
from bolt_serializers.errors import DeclarationError
from bolt_serializers.fields import NO_DEFAULT, FieldOptions
from bolt_serializers.finishing import empty_finisher
from bolt_serializers.information import Declared, Information, UnresolvedType, resolved
from bolt_serializers.shown import show
from bolt_serializers.validators import ALL, ComputedField, FieldValidator, ModelValidator, Validators, plain_function
from bolt_serializers.validators import Declared as DeclaredFunction
from bolt_serializers.validators import inherited as inherited_validators

_OURS = ("strict", "unique_keys")
_MSGSPECS = (
    *("frozen", "order", "eq", "omit_defaults", "forbid_unknown_fields", "rename", "tag", "tag_field"),
    *("repr_omit_defaults", "dict", "weakref", "gc", "cache_hash", "kw_only"),
)


class SerializerMeta(msgspec.StructMeta):
    """Makes a Struct of the body of a class."""

    __serializer__: Information

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        if not any(isinstance(base, SerializerMeta) for base in bases):
            return super().__new__(mcls, name, bases, namespace, **config)
        body = _Body(name, bases, dict(namespace), config)
        declared = body.take_apart()
        try:
            class_ = super().__new__(mcls, name, bases, body.namespace, **body.config())
        except (TypeError, ValueError) as error:
            hint = ""
            if "lay-out" in str(error):
                hint = "; only one base may have fields of its own: let one derive from the other"
            raise DeclarationError(f"{name}: {error}{hint}") from error
        information = Information(class_, declared)
        type.__setattr__(class_, "__serializer__", information)
        _check(information)
        # Where it refers to what is defined later, that is seen to when it is first used.
        with contextlib.suppress(UnresolvedType):
            information.ready()
        return class_


class _Body:
    """The body of a class."""

    def __init__(self, name: str, bases: tuple[type, ...], namespace: dict[str, Any], config: dict[str, Any]) -> None:
        self.name = name
        self.namespace = namespace
        self.given = config
        self.bases = [base for base in bases if "__serializer__" in base.__dict__]
        self.declared = Declared()
        self.functions: list[FieldValidator | ModelValidator] = []

    def take_apart(self) -> Declared:
        """What it declares; `namespace` is left as msgspec takes it."""
        declared = self.declared
        for base in reversed(self.bases):
            known = base.__serializer__.declared  # type: ignore[attr-defined]
            declared.options |= known.options
            declared.computed |= known.computed
            declared.needed |= known.needed
            declared.strict, declared.unique_keys = known.strict, known.unique_keys
            declared.post_init = known.post_init or declared.post_init
            declared.field_sets = {**declared.field_sets, **known.field_sets}
        declared.strict = self.given.get("strict", declared.strict)
        declared.unique_keys = self.given.get("unique_keys", declared.unique_keys)
        declared.post_init = self.namespace.pop("__post_init__", declared.post_init)
        self._take_annotations()
        self._check_names()
        self._take_functions()
        self._take_options()
        self._check_aliases()
        declared.field_sets = {**declared.field_sets, **self.namespace.pop("field_sets", {})}
        declared.type_arguments = _type_arguments(self.namespace.get("__orig_bases__", ()))
        declared.scope = _scope_of_definition()
        nearest_first = [base.__serializer__.validators for base in self.bases]  # type: ignore[attr-defined]
        given: Validators | None = self.namespace.pop("__validators__", None)
        declared.validators = (
            given
            if given is not None
            else inherited_validators(
                reversed(nearest_first), self.functions, {name for name in self.namespace if name in self._base_names()}
            )
        )
        hidden = any(one.write_only or one.exclude for one in declared.options.values())
        if hidden or declared.computed:
            self.namespace |= special_methods(self.namespace, tuple(self.bases), hidden=hidden)
        if self._needs_finishing():
            declared.finisher = self.namespace["__post_init__"] = empty_finisher()
        return declared

    def _needs_finishing(self) -> bool:
        """Whether there is, or may be, more to do than msgspec does; known before there is a class."""
        declared = self.declared
        if declared.validators.fields or declared.validators.models or declared.post_init or declared.computed:
            return True
        if any(hasattr(base, "__post_init__") for base in self.bases):
            return True
        if any(one.read_only or one.write_only or one.exclude for one in declared.options.values()):
            return True
        module = sys.modules.get(self.namespace.get("__module__", ""))
        parameters = {one.__name__: one for one in self.namespace.get("__type_params__", ())}
        stand_in = {self.name: type(self.name, (), {})}
        names = {**getattr(module, "__dict__", {}), **declared.scope, **stand_in, **parameters}
        try:
            hints = resolved(declared.annotations, self.name, names)
            shown = [show(hint, taken_from_data=True, unset=False) for hint in hints.values()]
        except (UnresolvedType, TypeError, RecursionError):
            # Told in full once the class is there.
            return True
        return any(one.find is not None or one.late is not None for one in shown)

    def _base_names(self) -> set[str]:
        every = [base.__serializer__.validators for base in self.bases]  # type: ignore[attr-defined]
        return {one.name for known in every for one in known.every}

    def _take_annotations(self) -> None:
        annotations = body_annotations(self.namespace)
        for name, annotation in annotations.items():
            if _is_class_variable(annotation):
                continue
            self._check_reserved(name, "field")
            self.declared.annotations[name] = annotation
            # What a base said of the field is said anew.
            self.declared.options.pop(name, None)
            self.declared.computed.pop(name, None)
            self.declared.needed.discard(name)
        self.namespace["__annotations__"] = annotations

    def _check_reserved(self, name: str, decorator: str) -> None:
        if name in _RESERVED:
            raise DeclarationError(
                f"{self.name}.{name}: every Serializer has {name} itself; name the field otherwise and write "
                f"{decorator}(alias={name!r})"
            )

    def _check_names(self) -> None:
        """Values in the body that are meant for a field, and would not reach it."""
        inherited = {name for base in self.bases for name in base.__struct_fields__}  # type: ignore[attr-defined]
        for name, value in self.namespace.items():
            is_field = name in self.declared.annotations
            if _declared_function(value) is not None and (is_field or name in inherited):
                raise DeclarationError(f"{self.name}.{name}() is a validator, and a field has that name; rename it")
            if is_field or isinstance(value, ComputedField):
                continue
            if isinstance(value, FieldOptions):
                raise DeclarationError(f"{self.name}.{name}: field() without a type; write {name}: its type = field(…)")
            if name in inherited:
                raise DeclarationError(
                    f"{self.name}.{name} takes the place of a field of a base; to change the field, write "
                    f"{name}: its type = …, else name it otherwise"
                )

    def _take_functions(self) -> None:
        for name, value in list(self.namespace.items()):
            function = _declared_function(value)
            if function is not None:
                try:
                    made = function.make(name, plain_function(function.function))
                except DeclarationError as error:
                    raise DeclarationError(f"{self.name}.{name}: {error}") from None
                self.functions.append(made)
                self.namespace[name] = _as_method(function.function, made)
            elif isinstance(value, ComputedField):
                self._take_computed(name, value)

    def _take_computed(self, name: str, computed: ComputedField) -> None:
        self._check_reserved(name, "computed_field")
        hint = computed.function.__annotations__.get("return", NO_DEFAULT)
        if hint is NO_DEFAULT:
            raise DeclarationError(
                f"{self.name}.{name}: a computed field's type is the return annotation of its function; add one"
            )
        try:
            options = FieldOptions(**{**computed.options, "examples": tuple(computed.options.get("examples", ()))})
        except TypeError as error:
            raise DeclarationError(f"{self.name}.{name}: computed_field(): {error}") from None
        self.declared.computed[name] = computed
        self.declared.annotations[name] = hint
        self.namespace["__annotations__"][name] = hint
        self.namespace[name] = options

    def _check_aliases(self) -> None:
        seen: dict[str, str] = {}
        for name, options in self.declared.options.items():
            if options.alias is None:
                continue
            if options.alias in seen:
                raise DeclarationError(
                    f"{self.name}: fields {seen[options.alias]!r} and {name!r} are both {options.alias!r} in JSON; "
                    "give one another alias"
                )
            seen[options.alias] = name

    def _take_options(self) -> None:
        for name in self.declared.annotations:
            options = self.namespace.get(name, NO_DEFAULT)
            if not isinstance(options, FieldOptions):
                continue
            self.declared.options[name] = options
            given: dict[str, Any] = {} if options.alias is None else {"name": options.alias}
            if options.default_factory is not None:
                given["default_factory"] = options.default_factory
            elif options.default is not NO_DEFAULT:
                given["default"] = options.default
            elif options.read_only or options.write_only or name in self.declared.computed:
                # Not there until it is given, and then not by everyone.
                given["default"] = msgspec.UNSET
                if options.write_only:
                    self.declared.needed.add(name)
            if given:
                self.namespace[name] = msgspec.field(**given)
            else:
                del self.namespace[name]

    def config(self) -> dict[str, Any]:
        """What msgspec is told of the class."""
        config = {key: value for key, value in self.given.items() if key not in _OURS}
        if unknown := set(config) - set(_MSGSPECS):
            hint = "; a Serializer is written as an object" if "array_like" in unknown else ""
            raise DeclarationError(f"{self.name}: unknown option {', '.join(sorted(unknown))}{hint}")
        # Positions are ours to give: a field without a default may stand after one that has one.
        config["kw_only"] = True
        if self.declared.computed:
            config["weakref"] = True
        if any(options.write_only or options.exclude for options in self.declared.options.values()):
            config["dict"] = True
        return config


def body_annotations(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The annotations in the body of a class, before there is one."""
    if sys.version_info >= (3, 14):
        # Which Python has from 3.14 on.
        annotationlib = importlib.import_module("annotationlib")
        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            return dict(annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF))
    return dict(namespace.get("__annotations__", {}))


def _is_class_variable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.split("[")[0].rpartition(".")[2] == "ClassVar"
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _declared_function(value: Any) -> DeclaredFunction | None:
    inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    return inner if isinstance(inner, DeclaredFunction) else None


def _as_method(written: Any, made: FieldValidator | ModelValidator) -> Any:
    """What the name of a validator stands for in the class: it can be called there."""
    if isinstance(written, classmethod | staticmethod):
        return written
    return classmethod(written) if isinstance(made, FieldValidator) or made.mode == "before" else written


def _type_arguments(bases: tuple[Any, ...]) -> dict[Any, Mapping[Any, Any]]:
    """What stands for the type variables of generic bases that were not made concrete, as in `Base[list[T]]`."""
    replaced: dict[Any, Mapping[Any, Any]] = {}
    for base in bases:
        origin = get_origin(base)
        if origin is not None and origin is not typing.Generic and hasattr(origin, "__parameters__"):
            replaced[origin] = dict(zip(origin.__parameters__, get_args(base), strict=True))
    return replaced


def _scope_of_definition() -> dict[str, Any]:
    """Local names of the function that the class statement is in."""
    frame = sys._getframe(1)
    # Metaclasses that derive from ours are no such function.
    while frame is not None and (
        frame.f_globals.get("__name__", "").startswith("bolt_serializers.") or frame.f_code.co_name == "__new__"
    ):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None or frame.f_locals is frame.f_globals:
        return {}
    return dict(frame.f_locals)


def _check(information: Information) -> None:
    """Raise `DeclarationError` for what cannot be meant, wherever types are not needed to see it."""
    class_ = information.class_.__qualname__
    for validator in information.validators.fields:
        for name in validator.fields:
            if name != ALL and name not in information.names:
                shown = ", ".join(information.names) or "none"
                raise DeclarationError(
                    f"{class_}.{validator.name}() validates {name!r}, which is no field; there are: {shown}"
                )
            if name in information.declared.computed:
                raise DeclarationError(
                    f"{class_}.{validator.name}() validates {name!r}, which is computed, never taken"
                )
    seen: dict[str, str] = {}
    for name, wire_name in information.wire_names.items():
        if wire_name in seen:
            raise DeclarationError(
                f"{class_}: fields {seen[wire_name]!r} and {name!r} are both {wire_name!r} in JSON; "
                "give one another alias"
            )
        seen[wire_name] = name
    for name, wire_name in information.wire_names.items():
        if name != wire_name and seen.get(name, name) != name:
            raise DeclarationError(
                f"{class_}: {name!r} is a field, and also the name in JSON of {seen[name]!r}; give that another alias"
            )
    for set_name, members in information.field_sets.items():
        if isinstance(members, str) or (missing := [one for one in members if one not in information.names]):
            wrong = members if isinstance(members, str) else ", ".join(missing)
            raise DeclarationError(f"{class_}.field_sets[{set_name!r}]: no tuple of fields, or no such field: {wrong}")


_RESERVED = {"field_sets"}


def reserve(names: Mapping[str, Any]) -> None:
    """No field may have one of *names*."""
    _RESERVED.update(
        name for name, value in names.items() if isinstance(value, classmethod | FunctionType | property | staticmethod)
    )
