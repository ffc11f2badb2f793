"""What of an object the database would refuse: uniqueness and constraints, seen as the database sees them."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, UniqueConstraint


class _EveryRow:
    """Stands for *model* where Django asks a model's default manager for rivals.

    That manager may hide rows, and reads from the database that it chooses; the database itself knows every row.
    """

    def __init__(self, model: Any, alias: str) -> None:
        self._model = model
        self._default_manager = model._base_manager.db_manager(alias)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def check_unique(obj: Any, exclude: Collection[str], alias: str) -> None:
    """Raise `ValidationError` for rivals of *obj* in *alias*, as `validate_unique()` does, and where that does."""
    if type(obj).validate_unique is not Model.validate_unique:
        obj.validate_unique(exclude=exclude)
    together, of_dates = obj._get_unique_checks(exclude=exclude)
    errors = obj._perform_unique_checks([(_EveryRow(model, alias), names) for model, names in together])
    for name, found in obj._perform_date_checks([(_EveryRow(one[0], alias), *one[1:]) for one in of_dates]).items():
        errors.setdefault(name, []).extend(found)
    if errors:
        raise ValidationError(errors)


def check_constraints(obj: Any, exclude: Collection[str], alias: str) -> None:
    """Raise `ValidationError` for constraints that *obj* breaks in *alias*, and where `validate_constraints()` does.

    The error of a constraint of one column is that column's, also where it has a condition.
    """
    if type(obj).validate_constraints is not Model.validate_constraints:
        obj.validate_constraints(exclude=exclude)
    errors: dict[str, list[ValidationError]] = {}
    for model, constraints in obj.get_constraints():
        for constraint in constraints:
            try:
                constraint.validate(_EveryRow(model, alias), obj, exclude=exclude, using=alias)
            except ValidationError as error:
                _sort(constraint, error, errors)
    if errors:
        raise ValidationError(errors)


def _sort(constraint: Any, error: ValidationError, errors: dict[str, list[ValidationError]]) -> None:
    if hasattr(error, "error_dict"):
        for name, found in error.error_dict.items():
            errors.setdefault(name, []).extend(found)
        return
    is_unique = isinstance(constraint, UniqueConstraint)
    for one in error.error_list:
        one.code = one.code or ("unique" if is_unique else "constraint")
    place = constraint.fields[0] if is_unique and len(constraint.fields) == 1 else NON_FIELD_ERRORS
    errors.setdefault(place, []).extend(error.error_list)


__all__ = ["check_constraints", "check_unique"]
