"""What a column of a model is in a serializer: its type, its default, whether it is taken from data."""

import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from bolt_serializers import UNSET, Meta, UnsetType, field
from bolt_serializers import ValidationError as Refusal
from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.choices import CallableChoiceIterator

from bolt_django.model_values import preparation

_TYPES: tuple[tuple[type, Any], ...] = (
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.FloatField, float),
    (models.DecimalField, decimal.Decimal),
    # It is a DateField, too.
    (models.DateTimeField, datetime.datetime),
    (models.DateField, datetime.date),
    (models.TimeField, datetime.time),
    (models.DurationField, datetime.timedelta),
    (models.UUIDField, uuid.UUID),
    (models.BinaryField, bytes),
    (models.FileField, str),
    (models.GenericIPAddressField, str),
    (models.CharField, str),
    (models.TextField, str),
    (models.FilePathField, str),
    (models.JSONField, Any),
)
# What msgspec can hold a number against.
_INT64 = range(-(2**63), 2**63)
_LIMITED = (int, float, decimal.Decimal)


class UnknownType(Exception):
    """A column of a class that nothing is known of."""


def value_type(column: Any) -> Any:
    """The type of the values of *column*, without its limits; of a relation that of the key.

    Raises `UnknownType` for a column that is none of Django's, nor derived from one.
    """
    if column.is_relation:
        target = getattr(column, "target_field", None) or column.related_model._meta.pk
        return value_type(target)
    if isinstance(column, models.GeneratedField):
        return value_type(column.output_field)
    if isinstance(column, models.CompositePrimaryKey):
        return tuple[tuple(value_type(one) for one in column.fields)]  # type: ignore[misc]
    if (base := getattr(column, "base_field", None)) is not None and not hasattr(column, "range_type"):
        # An array of PostgreSQL.
        return list[value_type(base)]  # type: ignore[misc]
    if column.get_internal_type() == "HStoreField":
        return dict[str, str | None]
    for kind, type_ in _TYPES:
        if isinstance(column, kind):
            return type_
    raise UnknownType(type(column).__qualname__)


def is_read_only(column: Any) -> bool:
    """Whether the database, or the model itself, says its value."""
    return (
        not column.editable
        or isinstance(column, models.AutoField | models.GeneratedField | models.FileField)
        or getattr(column, "auto_now", False)
        or getattr(column, "auto_now_add", False)
    )


def annotation(column: Any, *, limited: bool) -> Any:
    """The type of *column* in a serializer; with what data is held against where it is *limited*."""
    type_ = value_type(column)
    if column.many_to_many:
        return list[type_]  # type: ignore[valid-type]
    if limited and not column.is_relation:
        type_ = _chosen(column, type_) or _with_limits(column, type_)
    if column.null and type_ is not Any:
        type_ = type_ | None
    return type_ | UnsetType if limited and _in_database(column) and type_ is not Any else type_


def _chosen(column: Any, type_: Any) -> Any:
    if isinstance(column.choices, CallableChoiceIterator):
        # Others tomorrow.
        return None
    values = [value for value, _ in column.flatchoices or () if value is not None]
    if not values or type_ not in (str, int) or not all(isinstance(value, type_) for value in values):
        return None
    plain = [type_(getattr(value, "value", value)) for value in values]
    if column.blank and type_ is str and "" not in plain:
        plain.append("")
    return Literal[tuple(plain)]


def _with_limits(column: Any, type_: Any) -> Any:
    limits: dict[str, Any] = {}
    for one in column.validators:
        if (found := _limit(column, one, type_)) is not None:
            name, value = found
            strictest = min if name in ("le", "max_length") else max
            limits[name] = strictest(value, limits[name]) if name in limits else value
    if type_ is str and not column.blank and column.default != "":
        limits.setdefault("min_length", 1)
    if type_ is datetime.time:
        # Django keeps no others.
        limits["tz"] = False
    return Annotated[type_, Meta(**limits)] if limits else type_


def _limit(column: Any, validator: Any, type_: Any) -> tuple[str, Any] | None:
    """*validator* as a limit of a type, and `None` where it is none, or has a text of its own, and runs by itself."""
    if "message" in vars(validator) or getattr(validator, "code", None) in column.error_messages:
        return None
    value = getattr(validator, "limit_value", None)
    if type(validator) is validators.MinValueValidator and type_ in _LIMITED:
        return ("ge", value) if _is_limit(value) else None
    if type(validator) is validators.MaxValueValidator and type_ in _LIMITED:
        return ("le", value) if _is_limit(value) else None
    if type_ is str and isinstance(value, int):
        if type(validator) is validators.MinLengthValidator:
            return "min_length", value
        if type(validator) is validators.MaxLengthValidator:
            return "max_length", value
    return None


def _is_limit(value: Any) -> bool:
    return value in _INT64 if isinstance(value, int) else isinstance(value, float)


def _in_database(column: Any) -> bool:
    return bool(getattr(column, "has_db_default", bool)())


def options(column: Any, *, read_only: bool, write_only: bool) -> Any:
    """What `field()` says of *column*."""
    # A translation is made when a schema is, as there may be no language yet.
    text = getattr(column, "help_text", "") or None
    given: dict[str, Any] = {"read_only": read_only, "write_only": write_only, "description": text}
    if read_only:
        return field(**given)
    if _in_database(column):
        return field(default=UNSET, **given)
    if column.many_to_many:
        return field(default_factory=list, **given) if column.blank else field(**given)
    if column.has_default():
        default = column.default
        if callable(default):
            return field(default_factory=default, **given)
        return field(default=getattr(default, "value", default), **given)
    if column.null:
        return field(default=None, **given)
    if column.blank and value_type(column) is str:
        return field(default="", **given)
    return field(**given)


def check_of(column: Any) -> Callable[[Any, Any], Any] | None:
    """A validator of the class that runs those of *column* which are no limits of its type; `None` without any."""
    if column.is_relation:
        return None
    type_ = value_type(column)
    left = [one for one in column.validators if _limit(column, one, type_) is None]
    if column.choices and _chosen(column, type_) is None:
        left.append(lambda value: _choose(column, value))
    prepare = preparation(column)
    if not left and prepare is None:
        return None

    def check(cls: Any, value: Any) -> Any:
        if value in column.empty_values:
            return value
        found: list[Any] = []
        for validate in left:
            try:
                validate(value)
            except ValidationError as error:
                found += refusals(_in_words_of(column, error))
        if found:
            raise Refusal(found)
        return value if prepare is None else prepare(value)

    return check


def _choose(column: Any, value: Any) -> None:
    if all(value != one for one, _ in column.flatchoices):
        raise ValidationError(column.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})


def _in_words_of(column: Any, error: ValidationError) -> ValidationError:
    """*error*, as the column's `error_messages` have it."""
    for one in error.error_list:
        one.message = column.error_messages.get(one.code, one.message)
    return error


def refusals(error: ValidationError, loc: tuple[str | int, ...] = ()) -> list[Any]:
    """What an error of Django's says of the value at *loc*: place, text, kind and context of each."""
    made = []
    for one in error.error_list:
        text = one.message % one.params if one.params else one.message
        made.append((loc, text, one.code or "value_error", None))
    return made
