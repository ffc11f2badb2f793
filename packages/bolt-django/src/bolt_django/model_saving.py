"""From a validated serializer to rows: checks that need the database, and everything in one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from bolt_serializers import UNSET, DeclarationError, ValidationError
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, router, transaction
from django.db.models import Model

from bolt_django.model_fields import refusals


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
        for field in serializer.__serializer__.fields:
            if not field.taken:
                continue
            self.wire_names[field.source[-1]] = field.wire_name
            value = getattr(serializer, field.name)
            if value is not UNSET and field.source[0] not in extra:
                self._sort(f"{self.title}.{field.name}", field.source, value)
        for name, value in extra.items():
            self._sort(f"{self.title}: {name}", (name,), value)

    def _sort(self, where: str, source: tuple[str, ...], value: Any) -> None:
        known = {field.name: field for field in self.obj._meta.get_fields() if not field.auto_created or field.concrete}
        column: Any = known.get(source[0])
        if len(source) > 1 or column is None or hasattr(value, "__struct_fields__"):
            raise DeclarationError(
                f"{where} is no column of {type(self.obj).__qualname__}; make it read_only, or take it out in a "
                "create() and update() of your own"
            )
        if column.many_to_many or column.one_to_many:
            self.many[column.name] = value
            return
        is_key = column.is_relation and not isinstance(value, Model)
        self.columns[column.attname if is_key else column.name] = value
        self.touched.add(column.name)

    def save(self) -> Any:
        """The object, saved with its relations."""
        with transaction.atomic(using=self.alias):
            for name, value in self.columns.items():
                if name == "password" and hasattr(self.obj, "set_password"):
                    self.obj.set_password(value)
                else:
                    setattr(self.obj, name, value)
            found = [*self._clean(), *self._missing()]
            if found:
                raise ValidationError(found, title=self.title)
            self._write()
            for name, values in self.many.items():
                getattr(self.obj, name).set(values)
        return self.obj

    def _write(self) -> None:
        names: Iterable[str] | None = None
        if not self.is_new:
            automatic = {one.name for one in self.obj._meta.concrete_fields if getattr(one, "auto_now", False)}
            names = self.touched | automatic if self.touched else ()
        try:
            # Its own savepoint: the transaction goes on to say what stood in the way.
            with transaction.atomic(using=self.alias):
                self.obj.save(using=self.alias, force_insert=self.is_new, update_fields=names)
        except IntegrityError as error:
            # Another transaction was quicker than the checks.
            self.obj._state.adding = self.is_new
            if found := self._unique(set()):
                raise ValidationError(found, title=self.title) from error
            raise

    def _clean(self) -> list[Any]:
        """As `full_clean()`, of the columns that are written; uniqueness of all together."""
        every = {one.name for one in self.obj._meta.fields}
        found: list[Any] = []
        wrong: set[str] = set()
        for step in (lambda: self.obj.clean_fields(exclude=every - self.touched), self.obj.clean):
            found += self._run(step, wrong)
        return found + self._unique(wrong)

    def _unique(self, wrong: set[str]) -> list[Any]:
        exclude = wrong | {one.name for one in self.obj._meta.fields if one.primary_key and not self.is_new}
        found = self._run(lambda: self.obj.validate_unique(exclude=exclude), wrong)
        return found + self._run(lambda: self.obj.validate_constraints(exclude=exclude | wrong), wrong)

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
        """Keys of many-to-many relations that lead nowhere."""
        found: list[Any] = []
        for name, values in self.many.items():
            target: Any = self.obj._meta.get_field(name).related_model
            keys = [value for value in values if not isinstance(value, Model)]
            rows = target._base_manager.using(self.alias).filter(pk__in=keys).values_list("pk", flat=True)
            there = set(rows) if keys else set()
            for index, key in enumerate(values):
                if not isinstance(key, Model) and key not in there:
                    text = f"{target._meta.verbose_name} with key {key!r} does not exist"
                    found.append(((self.wire_names.get(name, name), index), text, "does_not_exist", None))
        return found


def _alias_of(obj: Model) -> str:
    alias: str = router.db_for_write(type(obj), instance=obj)
    return alias
