"""`Serializer`: a class whose annotations say what data holds, read and written in C."""

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self, dataclass_transform

import msgspec

from bolt_serializers import asynchronous, copying, deriving, planning, reading_instances, updating, writing
from bolt_serializers.constructing import construct, decoding_of
from bolt_serializers.declaring import SerializerMeta, reserve
from bolt_serializers.decoding import FAILURES, validate_plain
from bolt_serializers.encoding import JSON_ENCODER
from bolt_serializers.fields import FieldOptions, field
from bolt_serializers.schema import Mode, Schema, json_schema
from bolt_serializers.writing import DumpOptions

encode = JSON_ENCODER.encode


def _first_decode(class_: Any, data: Any) -> Any:
    information = class_.__serializer__.ready()
    decode = decoding_of(information).decoder("json", strict=information.strict)
    type.__setattr__(class_, "__decode_json__", decode)
    return decode(data)


def _first_to_dict(class_: Any, name: str, guard: Callable[[Any], Any] | None) -> Callable[[Any], dict[str, Any]]:
    def to_dict(self: Any) -> dict[str, Any]:
        written = writing.write_to_dict(class_.__serializer__.ready(), guard)
        type.__setattr__(class_, name, written)
        written.__bolt__ = True  # type: ignore[attr-defined]
        return written(self)

    to_dict.__bolt__ = True  # type: ignore[attr-defined]
    return to_dict


def _by_own_class(instance: Any) -> Any:
    # A derived class that calls `super().to_dict()` is asked for its own fields.
    return instance.__to_dict__()


def _is_ours(class_: Any, name: str) -> bool:
    """Whether no class between *class_* and Serializer has a method *name* of its author's."""
    found = next(base.__dict__[name] for base in class_.__mro__ if name in base.__dict__)
    return found is Serializer.__dict__[name] or getattr(found, "__bolt__", False)


class ValidatingMeta(SerializerMeta):
    """A call of the class validates its arguments."""

    __decode_json__: Callable[[Any], Any]

    def __init__(cls, *args: Any, **config: Any) -> None:
        super().__init__(*args)
        if "__serializer__" in cls.__dict__:
            # Never those of a base; each replaces itself when it is first called.
            type.__setattr__(cls, "__decode_json__", partial(_first_decode, cls))
            type.__setattr__(cls, "__to_dict__", _first_to_dict(cls, "__to_dict__", None))
            if _is_ours(cls, "to_dict"):
                type.__setattr__(cls, "to_dict", _first_to_dict(cls, "to_dict", _by_own_class))

    if not TYPE_CHECKING:
        # Type checkers take the constructor's parameters from the fields.
        def __call__(cls, /, *args: Any, **kwargs: Any) -> Any:
            information = cls.__dict__.get("__serializer__")
            if information is None:
                raise TypeError("Serializer has no fields; define a class of your own")
            return construct(information.ready(), args, kwargs)


# On the class, as msgspec's Struct has one of its own, which type checkers would find first.
@dataclass_transform(field_specifiers=(field, FieldOptions))
class Serializer(msgspec.Struct, metaclass=ValidatingMeta):
    """A model of data: validated when it is made, from whatever it is made.

    A `msgspec.Struct`; its options are keywords of the class: *frozen*, *forbid_unknown_fields*, *rename* (`"camel"`,
    `"kebab"`, `"pascal"`, a dict or a function), *tag* and *tag_field* for unions, *omit_defaults*, and of our own
    *strict* (True: `"5"` is no int) and *unique_keys* (False: of a name that stands in an object twice the last value
    counts, as RFC 8259 §4 leaves it to us; True: it is an error). `field_sets`, a dict of tuples, names projections.

    Raises `DeclarationError` when the class is made, for a declaration that cannot be meant.
    """

    def __class_getitem__(cls, arguments: Any) -> Any:
        alias = super().__class_getitem__(arguments)  # type: ignore[misc]
        return alias if alias.__parameters__ else deriving.concrete(cls.__serializer__, alias)

    def __copy__(self) -> Self:
        made: Self = copying.copied(self)
        return made

    def __replace__(self, **changes: Any) -> Self:
        names = [name for name in self.__struct_fields__ if name not in type(self).__serializer__.declared.computed]
        return type(self)(**{name: getattr(self, name) for name in names} | changes)

    def __reduce__(self) -> Any:
        return copying.blank, (type(self),), copying.state_of(self)

    def __setstate__(self, state: copying.State) -> None:
        copying.set_state(self, state)

    # From data.

    @classmethod
    def validate(cls, data: Any, *, strict: bool | None = None) -> Self:
        """An instance of plain *data*: a dict by the names of JSON, whose values may be Python's own (dates, sets …).

        Where not *strict* (by default as the class says), text is taken for numbers, and the like. Raises
        `ValidationError` with everything that is wrong.
        """
        information = cls.__serializer__.ready()
        strict = information.strict if strict is None else strict
        made: Self = validate_plain(decoding_of(information), data, strict=strict)
        return made

    @classmethod
    def validate_json(cls, data: bytes | str, *, strict: bool | None = None) -> Self:
        """An instance of JSON (RFC 8259) in UTF-8. Raises `ValidationError` with everything that is wrong."""
        if strict is not None:
            return cls._decode("json", data, strict)
        try:
            return cls.__decode_json__(data)  # type: ignore[no-any-return]
        except FAILURES as error:
            raise decoding_of(cls.__serializer__).failure(
                "json", data, error, strict=cls.__serializer__.strict
            ) from error.__cause__

    @classmethod
    def validate_msgpack(cls, data: bytes, *, strict: bool | None = None) -> Self:
        """An instance of MessagePack. Raises `ValidationError` with everything that is wrong."""
        return cls._decode("msgpack", data, strict)

    @classmethod
    def _decode(cls, kind: Any, data: Any, strict: bool | None) -> Self:
        information = cls.__serializer__.ready()
        decoding = decoding_of(information)
        strict = information.strict if strict is None else strict
        try:
            made: Self = decoding.decoder(kind, strict=strict)(data)
            return made
        except FAILURES as error:
            raise decoding.failure(kind, data, error, strict=strict) from error.__cause__

    @classmethod
    def validate_many(cls, data: Iterable[Any] | bytes | str, *, strict: bool | None = None) -> list[Self]:
        """Instances of a list of plain data, or of a JSON array. Raises `ValidationError`, indexes in its `loc`."""
        return reading_instances.validate_many(cls, data, strict)

    @classmethod
    async def avalidate(cls, data: Any, *, strict: bool | None = None) -> Self:
        """Like `validate` (of `bytes`: `validate_json`), and then awaits the validators that are async."""
        made = cls.validate_json(data, strict=strict) if isinstance(data, bytes) else cls.validate(data, strict=strict)
        await asynchronous.run_validators(made)
        return made

    # From objects.

    @classmethod
    def from_model(cls, obj: Any, *, strict: bool = False) -> Self:
        """An instance of what *obj* holds: a Django model, any object with attributes, or a dict.

        Relations, `source` paths, managers, files and annotations are followed. Where *strict*, nothing is loaded that
        *obj* does not hold yet. Raises `LazyLoadError` for that and for a query on an event loop, `ConstructionError`
        where what it holds does not fit.
        """
        made: Self = reading_instances.from_model(cls.__serializer__.ready(), obj, strict=strict)
        return made

    @classmethod
    def from_models(cls, objects: Iterable[Any], *, strict: bool = False) -> list[Self]:
        """An instance of each of *objects*, such as a QuerySet."""
        return reading_instances.from_models(cls.__serializer__.ready(), objects, strict=strict)

    @classmethod
    async def afrom_model(cls, obj: Any, *, strict: bool = False) -> Self:
        """Like `from_model`, on a thread of the request's own: what is not loaded yet may be loaded."""
        return await asynchronous.off_loop(lambda: cls.from_model(obj, strict=strict))

    @classmethod
    async def afrom_models(cls, objects: Iterable[Any] | AsyncIterable[Any], *, strict: bool = False) -> list[Self]:
        """Like `from_models`; a QuerySet is evaluated there, too."""
        if isinstance(objects, AsyncIterable) and not isinstance(objects, Iterable):
            objects = [obj async for obj in objects]
        listed: Iterable[Any] = objects
        return await asynchronous.off_loop(lambda: cls.from_models(listed, strict=strict))

    @classmethod
    def optimize[Q](cls, queryset: Q) -> Q:
        """A Django *queryset*, or manager, with the joins, prefetches and columns that `from_models` reads of it.

        Adds `select_related` for relations to one object, `prefetch_related` for those to many, planned alike, and
        `only`. All columns stay where a property or a method is read, as it may ask for any; what such code loads
        itself is not planned. A class inside itself is planned once more and no deeper. What *queryset* does already
        is kept: its own `only` or `defer`, `select_related()` of all, prefetches and annotations; `values()` and
        unions come back as they are.
        """
        made: Q = planning.optimize(cls.__serializer__.ready(), queryset)
        return made

    # To data.

    def to_dict(self) -> dict[str, Any]:
        """The fields for the program, by their Python names: `Model.objects.create(**data.to_dict())`.

        Nested records become dicts. With what is write-only; without what is computed and what is `UNSET`.
        """
        try:
            return self.__to_dict__()  # type: ignore[attr-defined, no-any-return]
        except RecursionError:
            raise writing.too_deep(self) from None

    def dump(
        self,
        *,
        exclude_unset: bool = False,
        exclude_none: bool = False,
        exclude_defaults: bool = False,
        by_alias: bool = False,
        json: bool = False,
    ) -> dict[str, Any]:
        """The representation for others, with what is computed and without what is write-only.

        *exclude_unset*: without what `fields_set` does not list. *exclude_none*, *exclude_defaults*: without None,
        without values equal to the default; at any depth. *by_alias*: by the names of JSON. *json*: with values as
        they are in JSON, such as text in place of dates.
        """
        options = DumpOptions(exclude_unset, exclude_none, exclude_defaults, by_alias)
        try:
            made: dict[str, Any] = writing.dump(self, options)
        except RecursionError:
            raise writing.too_deep(self) from None
        return writing.as_json_values(made) if json else made

    def to_json(self) -> bytes:
        """JSON in UTF-8, by the names of JSON: what a server answers with."""
        try:
            return encode(self)
        except RecursionError:
            raise writing.too_deep(self) from None

    @classmethod
    def dump_many(cls, instances: Iterable[Self], **options: Any) -> list[dict[str, Any]]:
        """`dump` of each; *options* are those of `dump`."""
        return [instance.dump(**options) for instance in instances]

    @property
    def fields_set(self) -> frozenset[str]:
        """Python names of the fields that have a value, and not `UNSET`; computed ones are none of them."""
        information = type(self).__serializer__
        return frozenset(
            name
            for name in information.names
            if name not in information.declared.computed and getattr(self, name) is not msgspec.UNSET
        )

    @classmethod
    def update_instance(cls, obj: Any, data: "Serializer | Mapping[str, Any]") -> list[str]:
        """Set the attributes of *obj* to what *data* holds, and return their names, for `save(update_fields=…)`.

        *data* is an instance of this class, of its `Partial` or of a projection, or a dict, which is validated as a
        `Partial` first. What is `UNSET`, read-only or computed is left alone. Nothing is saved.
        """
        return updating.update_instance(cls.__serializer__.ready(), obj, data)

    @classmethod
    def json_schema(cls, mode: Mode = "input") -> Schema:
        """The JSON Schema (2020-12) of what is read, or with *mode* `"output"` of what is written."""
        return json_schema(cls, mode=mode)

    # Other classes.

    @classmethod
    def only(cls, *names: str) -> type[Self]:
        """The class with these fields alone; the same class each time, named after them."""
        made: type[Self] = deriving.projection(cls.__serializer__, names)
        return made

    @classmethod
    def exclude(cls, *names: str) -> type[Self]:
        """The class without these fields. Raises `DeclarationError` for a name that is none."""
        information = cls.__serializer__
        known = set(information.names)
        kept = [name for name in information.names if name not in names]
        wanted = kept if set(names) <= known else [*kept, *(set(names) - known)]
        made: type[Self] = deriving.projection(information, wanted)
        return made

    @classmethod
    def field_set(cls, name: str) -> type[Self]:
        """The class with the fields that `field_sets` lists under *name*; called `Article_list` for `"list"`."""
        made: type[Self] = deriving.named_set(cls.__serializer__, name)
        return made

    @classmethod
    def partial(cls) -> type[Self]:
        """`Partial[cls]`, for where an annotation cannot stand."""
        made: type[Self] = deriving.partial_of(cls.__serializer__)
        return made


reserve(vars(Serializer))
