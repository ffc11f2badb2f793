"""From a validated serializer to rows: checks that need the database, and everything in one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

import django
from bolt_serializers import UNSET, DeclarationError, ValidationError
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import IntegrityError, models, router, transaction
from django.db.models import Model
from django.db.models.signals import pre_save

from bolt_django import model_uniqueness
from bolt_django.model_fields import refusals

# What Django's own columns do before they are saved concerns no column that was left alone.
_IDLE = tuple(
    one.pre_save for one in (models.Field, models.DateField, models.DateTimeField, models.TimeField, models.FileField)
)


class Saving:
    """One serializer's data on its way into one object."""

    def __init__(self, serializer: Any, obj: Model, extra: Mapping[str, Any]) -> None:
        self.obj = obj
        self.is_new = obj._state.adding
        self.title = type(serializer).__qualname__
        self.alias: str = obj._state.db if not self.is_new and obj._state.db else _alias_of(obj)
        self.wire_names: dict[str, str] = {}
        self.columns: dict[str, Any] = {}
        self.many: dict[str, Any] = {}
        self.touched: set[str] = set()
        self.related: dict[str, Any] = {}
        """Keys of related objects that the data says, not the program."""
        for field in serializer.__serializer__.fields:
            if not field.taken:
                continue
            self.wire_names[field.source[-1]] = field.wire_name
            value = getattr(serializer, field.name)
            if value is not UNSET and field.source[0] not in extra:
                column = self._sort(f"{self.title}.{field.name}", field.source, value)
                if column.name in self.touched and _is_key(column, value):
                    self.related[column.name] = value
        for name, value in extra.items():
            self._sort(f"{self.title}: {name}", (name,), value)

    def _sort(self, where: str, source: tuple[str, ...], value: Any) -> Any:
        """Put *value* where it is to be saved; the column."""
        known = {field.name: field for field in self.obj._meta.get_fields() if not field.auto_created or field.concrete}
        known |= {field.attname: field for field in self.obj._meta.concrete_fields}
        column: Any = known.get(source[0])
        if _is_nested(value):
            raise DeclarationError(
                f"{where} holds the data of other objects, which is not saved by itself; make it read_only, or write a "
                f"create() and update() that save it and hand it on: super().create({source[0]}=saved)"
            )
        if len(source) > 1 or column is None:
            raise DeclarationError(
                f"{where} is no column of {type(self.obj).__qualname__}; make it read_only, or take it out in a "
                "create() and update() of your own"
            )
        if column.many_to_many or column.one_to_many:
            self.many[column.name] = value
            return column
        if not column.concrete:
            # A generic relation, which sets two columns.
            self.columns[column.name] = value
            self.touched |= {column.ct_field, column.fk_field}
            return column
        self.columns[column.name if isinstance(value, Model) else column.attname] = value
        self.touched.add(column.name)
        return column

    def save(self) -> Any:
        """The object, saved with its relations."""
        self._keep_key()
        if self.is_new:
            # Where its relations are looked up.
            self.obj._state.db = self.alias
        try:
            with transaction.atomic(using=self.alias):
                self._set()
                if found := [*self._clean(), *self._missing()]:
                    raise ValidationError(found, title=self.title)
                self._write()
                for name, values in self.many.items():
                    getattr(self.obj, name).set(values)
        except IntegrityError as error:
            # Another transaction was quicker than the checks; ours is undone, so that it can be asked what by.
            self.obj._state.adding = self.is_new
            if found := [*self._unrelated(set()), *self._conflicts(set()), *self._missing()]:
                raise ValidationError(found, title=self.title) from error
            raise
        return self.obj

    def _set(self) -> None:
        for name, value in self.columns.items():
            if name == "password" and hasattr(self.obj, "set_password"):
                self.obj.set_password(value)
            else:
                setattr(self.obj, name, value)

    def _keep_key(self) -> None:
        """Another primary key would be another row."""
        if self.is_new:
            return
        for key in self.obj._meta.pk_fields:
            before = getattr(self.obj, key.attname)
            if self.columns.get(key.attname, before) != before:
                loc = (self.wire_names.get(key.name, key.name),)
                found = [(loc, "The key of an object does not change", "read_only", None)]
                raise ValidationError(found, title=self.title)

    def _write(self) -> None:
        names = self._names()
        # A row that is gone meanwhile is not made anew.
        update = names is None and not self.is_new
        self.obj.save(using=self.alias, force_insert=self.is_new, force_update=update, update_fields=names)
        generated = [one for one in self.obj._meta.concrete_fields if getattr(one, "generated", False)]
        # Django 6 asks the database for them in the same statement.
        if generated and not self.is_new and django.VERSION < (6, 0):
            self.obj.refresh_from_db(using=self.alias, fields=[one.attname for one in generated])

    def _names(self) -> Iterable[str] | None:
        """The columns to write: all of a new object, and where code of the model's may set others as well."""
        if self.is_new or type(self.obj).save is not Model.save or pre_save.has_listeners(type(self.obj)):
            return None
        if not self.touched and not self.many:
            return ()
        meta = self.obj._meta
        automatic = {
            one.name
            for one in meta.concrete_fields
            if getattr(one, "auto_now", False) or type(one).pre_save not in _IDLE
            if not getattr(one, "generated", False)
        }
        return (self.touched | automatic) - {one.name for one in (meta.pk, *meta.pk_fields)}

    def _clean(self) -> list[Any]:
        """As `full_clean()`, of the columns that are written; uniqueness of all together."""
        wrong: set[str] = set()
        found = [*self._clean_fields(wrong), *self._unrelated(wrong)]
        # It may rely on each column, and on what that leads to.
        found = found or self._run(self.obj.clean, wrong)
        return found + self._conflicts(wrong)

    def _clean_fields(self, wrong: set[str]) -> list[Any]:
        columns = {one.name: one for one in self.obj._meta.fields}
        found: list[Any] = []
        for name in sorted(self.touched):
            if has_null_character(getattr(self.obj, columns[name].attname)):
                found += self._run(lambda name=name: _refuse_null_character(name), wrong)
        left = self.touched - wrong - self.related.keys()
        checked = {name for name in left if not _is_empty_by_declaration(columns[name], self.obj)}
        return found + self._run(lambda: self.obj.clean_fields(exclude=columns.keys() - checked), wrong)

    def _unrelated(self, wrong: set[str]) -> list[Any]:
        """Keys of the data that lead nowhere, or to what the default manager of their model hides from everybody."""
        found: list[Any] = []
        for name, key in self.related.items():
            column: Any = self.obj._meta.get_field(name)
            target, field = column.remote_field.model, column.target_field.name
            alias = router.db_for_read(target, instance=self.obj)
            rows = target._default_manager.using(alias).complex_filter(column.get_limit_choices_to())
            if name in wrong or rows.filter(**{field: key}).exists():
                continue
            wrong.add(name)
            params = {"model": target._meta.verbose_name, "pk": key, "field": field, "value": key}
            error = DjangoValidationError(column.error_messages["invalid"], code="does_not_exist", params=params)
            found += refusals(error, (self.wire_names.get(name, name),))
        return found

    def _conflicts(self, wrong: set[str]) -> list[Any]:
        exclude = wrong if self.is_new else wrong | {one.name for one in self.obj._meta.fields if one.primary_key}
        found = self._run(lambda: model_uniqueness.check_unique(self.obj, exclude, self.alias), wrong)
        exclude |= wrong
        return found + self._run(lambda: model_uniqueness.check_constraints(self.obj, exclude, self.alias), wrong)

    def _run(self, step: Any, wrong: set[str]) -> list[Any]:
        try:
            step()
        except DjangoValidationError as error:
            errors = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
            found: list[Any] = []
            for name, listed in errors.items():
                wrong.add(name)
                loc = () if name == NON_FIELD_ERRORS else (self.wire_names.get(name, name),)
                found += self._of_field(name, refusals(DjangoValidationError(listed), loc))
            return found
        return []

    def _of_field(self, name: str, found: list[Any]) -> list[Any]:
        if name not in self.touched or not self.obj._meta.get_field(name).is_relation:
            return found
        return [(loc, msg, "does_not_exist" if kind == "invalid" else kind, ctx) for loc, msg, kind, ctx in found]

    def _missing(self) -> list[Any]:
        """Keys of many-to-many relations that lead nowhere, and those relations that must not be empty."""
        found: list[Any] = []
        for name, values in self.many.items():
            column: Any = self.obj._meta.get_field(name)
            target, place = column.related_model, self.wire_names.get(name, name)
            if not values and not column.blank:
                found += refusals(DjangoValidationError(column.error_messages["blank"], code="blank"), (place,))
            keys = [one for one in values if not isinstance(one, Model) and not has_null_character(one)]
            rows = target._default_manager.using(self.alias).complex_filter(column.get_limit_choices_to())
            there = set(rows.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
            for index, key in enumerate(values):
                if not isinstance(key, Model) and key not in there:
                    text = f"{target._meta.verbose_name} with key {key!r} does not exist"
                    found.append(((place, index), text, "does_not_exist", None))
        return found


def has_null_character(value: Any) -> bool:
    """Whether a text in *value*, at any depth, has U+0000, which PostgreSQL cannot hold."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(has_null_character(one) for pair in value.items() for one in pair)
    return isinstance(value, list | tuple) and any(has_null_character(one) for one in value)


def _refuse_null_character(name: str) -> None:
    validator = ProhibitNullCharactersValidator()
    raise DjangoValidationError({name: DjangoValidationError(validator.message, code=validator.code)})


def _is_empty_by_declaration(column: Any, obj: Any) -> bool:
    """Whether *column* holds an empty value that its declaration allows; `blank` speaks of Django's forms.

    None where it can be null, its own default, and empty JSON.
    """
    value = getattr(obj, column.attname)
    if value is None:
        return bool(column.null)
    if isinstance(value, models.Expression) or value not in column.empty_values:
        return False
    return isinstance(column, models.JSONField) or (column.has_default() and value == column.get_default())


def _is_key(column: Any, value: Any) -> bool:
    return bool(column.is_relation) and value is not None and not isinstance(value, Model)


def _is_nested(value: Any) -> bool:
    items = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return any(hasattr(one, "__struct_fields__") for one in items)


def _alias_of(obj: Model) -> str:
    alias: str = router.db_for_write(type(obj), instance=obj)
    return alias
