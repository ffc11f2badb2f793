"""`ModelSerializer`: a serializer whose fields are those of a Django model."""

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from asgiref.sync import sync_to_async
from bolt_serializers import DeclarationError, Serializer, field, field_validator
from bolt_serializers.declaring import SerializerMeta, body_annotations
from bolt_serializers.serializer import ValidatingMeta
from django.db.models import Manager, Model

from bolt_django import model_fields
from bolt_django.adapters.models import is_sensitive
from bolt_django.model_saving import Saving

_OPTIONS = ("model", "fields", "exclude", "read_only_fields", "depth")
# Each level is a join or a query, and a class for each of its relations.
_DEEPEST = 10


class ModelSerializerMeta(ValidatingMeta):
    """Fills the body of a class with what its model says, before the class is made."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        if not any(isinstance(base, ModelSerializerMeta) for base in bases):
            # As Serializer itself: nobody's fields.
            return super(SerializerMeta, mcls).__new__(mcls, name, bases, namespace, **config)
        # Partials and projections bring fields and validators along.
        if "Meta" in namespace and "__validators__" not in namespace:
            namespace = _Filling(name, bases, namespace).filled()
        return super().__new__(mcls, name, bases, namespace, **config)


class ModelSerializer(Serializer, metaclass=ModelSerializerMeta):
    """A `Serializer` of a model: `class Meta: model = Article; fields = ("id", "title")`.

    `Meta.fields` is `"__all__"` or a tuple of fields, relations, properties and methods of the model; `exclude` in its
    place takes all but these. `read_only_fields` are never taken from data. `depth` nests related objects so many
    levels deep, for reading. A field that the class declares itself stands as it is declared. Sensitive columns, such
    as a password, are taken and never written.

    Raises `DeclarationError` when the class is made, for names that the model does not have.
    """

    Meta: ClassVar[Any]

    if TYPE_CHECKING:
        # Type checkers see no field that the model says: it is anything to them, and what is declared has its type.
        def __getattr__(self, name: str) -> Any: ...

    def create(self, **extra: Any) -> Any:
        """A new row, saved; *extra* are columns that the data does not say, such as its owner.

        In one transaction with its many-to-many relations. Raises `ValidationError` for what the model's own checks,
        its uniqueness or its constraints refuse, and for keys of objects that do not exist.
        """
        return Saving(self, type(self).Meta.model(), extra).save()

    def update(self, obj: Any, **extra: Any) -> Any:
        """*obj*, with what is not `UNSET` set and saved.

        Raises as `create` does, and for another primary key; *obj* is then changed, and not saved.
        """
        return Saving(self, obj, extra).save()

    def save(self, obj: Any = None, **extra: Any) -> Any:
        """`create`, or of an *obj* `update`."""
        return self.create(**extra) if obj is None else self.update(obj, **extra)

    async def acreate(self, **extra: Any) -> Any:
        """Like `create`, over the request's own connection."""
        return await sync_to_async(self.create)(**extra)

    async def aupdate(self, obj: Any, **extra: Any) -> Any:
        """Like `update`, over the request's own connection."""
        return await sync_to_async(self.update)(obj, **extra)

    async def asave(self, obj: Any = None, **extra: Any) -> Any:
        """Like `save`, over the request's own connection."""
        return await sync_to_async(self.save)(obj, **extra)


_METHODS = frozenset(name for name in vars(ModelSerializer) if not name.startswith("_"))


class _Filling:
    """The body of a class, and what its `Meta` asks for."""

    def __init__(self, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        self.name = name
        self.namespace = dict(namespace)
        self.meta = namespace["Meta"]
        self.model = self._model()
        self.read_only = frozenset(self._names("read_only_fields"))
        self.depth = self._depth()
        self.declared = body_annotations(namespace)
        inherited = {one for base in bases for one in getattr(base, "__struct_fields__", ())}
        computed = {one for one, value in namespace.items() if type(value).__name__ == "ComputedField"}
        generated = {one for base in bases for one in getattr(base, "_of_model", ())}
        self.inherited = inherited
        # What a base took from the model is taken anew, as this Meta says it.
        self.own = {*self.declared, *computed, *(inherited - generated)}
        columns = [*self.model._meta.concrete_fields, *self.model._meta.many_to_many]
        self.columns: dict[str, Any] = {one.name: one for one in columns}
        self.annotations: dict[str, Any] = {}

    def filled(self) -> dict[str, Any]:
        """The body with the model's fields, in the order of `fields`."""
        wanted = self._wanted()
        if unknown := [one for one in self.read_only if one not in wanted]:
            raise self._error(f"read_only_fields names {', '.join(sorted(unknown))}, which is none of its fields")
        if left := sorted(self.inherited - {*wanted, *self.own}):
            raise self._error(
                f"fields leaves out {', '.join(left)}, which a base class has; derive from ModelSerializer, or take a "
                "projection with only() or exclude()"
            )
        for name in wanted:
            if name in self.declared:
                self.annotations[name] = self.declared[name]
            elif name not in self.own:
                self._add(name)
        for key in ("__annotate__", "__annotate_func__"):
            self.namespace.pop(key, None)
        self.namespace["__annotations__"] = self.annotations | self.declared
        self.namespace["_of_model"] = frozenset(self.annotations.keys() - self.declared.keys())
        return self.namespace

    def _error(self, text: str) -> DeclarationError:
        return DeclarationError(f"{self.name}.Meta: {text}")

    def _model(self) -> Any:
        unknown = [name for name in vars(self.meta) if not name.startswith("_") and name not in _OPTIONS]
        if unknown:
            raise self._error(f"unknown option {', '.join(unknown)}; there are: {', '.join(_OPTIONS)}")
        model = getattr(self.meta, "model", None)
        if not (isinstance(model, type) and issubclass(model, Model)):
            raise self._error("model is no model class; write model = Article")
        if model._meta.abstract:
            raise self._error(f"{model.__qualname__} is abstract; name a model that has a table")
        return model

    def _depth(self) -> int:
        depth = getattr(self.meta, "depth", 0)
        if type(depth) is not int or not 0 <= depth <= _DEEPEST:
            raise self._error(f"depth is a number of levels from 0 to {_DEEPEST}, not {depth!r}")
        return depth

    def _names(self, option: str) -> Iterable[str]:
        names = getattr(self.meta, option, ())
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise self._error(f"{option} is a tuple of names, not {names!r}")
        return tuple(names)

    def _wanted(self) -> list[str]:
        fields, excluded = getattr(self.meta, "fields", None), self._names("exclude")
        every = [
            name
            for name, column in self.columns.items()
            if not getattr(column.remote_field, "parent_link", False) and not self._is_unusable(column)
        ]
        if fields is None and not excluded:
            raise self._error('fields is missing; name them, or write fields = "__all__"')
        if fields is not None and fields != "__all__":
            if excluded:
                raise self._error("fields names what is wanted, so exclude has nothing to take out; keep one")
            return list(self._names("fields"))
        if unknown := [name for name in excluded if name not in every and name not in self.own]:
            raise self._error(f"exclude names {', '.join(unknown)}; {self._there()}")
        return [name for name in every if name not in excluded]

    def _there(self) -> str:
        return f"{self.model.__qualname__} has: {', '.join(self.columns)}"

    def _is_unusable(self, column: Any) -> bool:
        return self._is_sensitive(column) and model_fields.is_read_only(column)

    def _is_sensitive(self, column: Any) -> bool:
        return is_sensitive(self.model, getattr(column, "attname", column.name))

    def _add(self, name: str) -> None:
        if name in _METHODS:
            raise self._error(f"{name} is a method of every ModelSerializer; declare another name with source={name!r}")
        column = self.columns.get("pk" if name == "pk" else name)
        if name == "pk":
            column = self.model._meta.pk
        if column is None:
            self._add_attribute(name)
        elif column.is_relation and self.depth > 0:
            self._add_nested(name, column)
        else:
            self._add_column(name, column)

    def _add_column(self, name: str, column: Any) -> None:
        through = column.many_to_many and not column.remote_field.through._meta.auto_created
        read_only = bool(name in self.read_only or name == "pk" or through or model_fields.is_read_only(column))
        sensitive = self._is_sensitive(column)
        if sensitive and read_only:
            raise self._error(
                f"{name} is sensitive and read-only, so nothing could use it; leave it out, or take it out of "
                'BOLT["SENSITIVE_FIELDS"] by BOLT["EXPOSED_FIELDS"]'
            )
        self.annotations[name] = self._known(name, lambda: model_fields.annotation(column, limited=not read_only))
        self.namespace[name] = model_fields.options(column, read_only=read_only, write_only=sensitive)
        if not read_only and (check := model_fields.check_of(column)) is not None:
            self.namespace[f"_check_{name}"] = field_validator(name)(check)

    def _add_nested(self, name: str, column: Any) -> None:
        nested = self._nested(name, column.related_model)
        self.annotations[name] = list[nested] if column.many_to_many else nested | None if column.null else nested  # type: ignore[valid-type]
        self.namespace[name] = field(read_only=True)

    def _nested(self, name: str, model: Any) -> Any:
        columns = [*model._meta.concrete_fields, *model._meta.many_to_many]
        shown = tuple(one.name for one in columns if not is_sensitive(model, getattr(one, "attname", one.name)))
        options = {"model": model, "fields": shown, "read_only_fields": shown, "depth": self.depth - 1, "_nested": True}
        title = f"{self.name}_{name}"
        namespace = {
            "__module__": self.namespace["__module__"],
            "__qualname__": title,
            "Meta": type("Meta", (), options),
        }
        return ModelSerializerMeta(title, (ModelSerializer,), namespace)

    def _known(self, name: str, find: Callable[[], Any]) -> Any:
        try:
            return find()
        except model_fields.UnknownType as error:
            if getattr(self.meta, "_nested", False):
                # There is no class to declare it in; what cannot be written says so.
                return Any
            raise self._error(
                f"{name} is a {error}, whose values nothing is known of; declare it in the class, as {name}: str, or "
                "leave it out"
            ) from None

    def _add_attribute(self, name: str) -> None:
        """A relation from the other side, a key, a property or a method: to be read."""
        relations = {
            one.get_accessor_name(): one
            for one in self.model._meta.get_fields()
            if one.auto_created and not one.concrete
        }
        relations |= {one.name: one for one in self.model._meta.private_fields if one.one_to_many}
        keys = {one.attname: one for one in self.model._meta.concrete_fields}
        if (relation := relations.get(name)) is not None:
            self._add_relation(name, relation)
        elif (column := keys.get(name)) is not None:
            self.annotations[name] = self._known(name, lambda: model_fields.annotation(column, limited=False))
        elif (attribute := getattr(self.model, name, None)) is not None:
            self._refuse_unreadable(name, attribute)
            function = getattr(attribute, "fget", None) or getattr(attribute, "func", attribute)
            self.annotations[name] = _returned(function)
        else:
            raise self._error(f"fields names {name!r}; {self._there()}")
        self.namespace[name] = field(read_only=True)

    def _add_relation(self, name: str, relation: Any) -> None:
        target = relation.related_model
        if self.depth > 0:
            key = self._nested(name, target)
        else:
            key = self._known(name, lambda: model_fields.value_type(target._meta.pk))
        self.annotations[name] = key | None if relation.one_to_one else list[key]  # type: ignore[valid-type]

    def _refuse_unreadable(self, name: str, attribute: Any) -> None:
        if any(one.name == name for one in self.model._meta.private_fields):
            raise self._error(
                f"{name} leads to objects of any model; declare it in the class with what is shown of them, as "
                f"{name}: PersonOut | PlaceOut | None = field(read_only=True)"
            )
        if isinstance(attribute, Manager) or getattr(attribute, "alters_data", False):
            what = "a manager" if isinstance(attribute, Manager) else "a method that alters data"
            raise self._error(f"{name} is {what}, which is not read; leave it out")
        if inspect.isfunction(attribute) and len(_required(attribute)) > 1:
            raise self._error(f"{name}() takes arguments; write a method without any, or a computed_field")


def _required(function: Any) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters
    return [name for name, one in parameters.items() if one.default is one.empty and one.kind in kinds]


def _returned(function: Any) -> Any:
    try:
        return get_type_hints(function).get("return", Any)
    except (NameError, TypeError):
        return Any


__all__ = ["ModelSerializer"]
