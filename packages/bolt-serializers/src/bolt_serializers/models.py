"""What there is to know of Django's models, by their shape: nothing of Django is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a model, or a relation that leads to it."""

    name: str
    field: Any
    attribute: str
    """Where its value is: the accessor of a relation."""
    key: str
    """Where the key of a foreign key is, else `attribute`."""
    is_relation: bool
    many: bool
    """Whether it leads to many objects, through a manager."""
    reverse: bool
    """Whether the other model has the column."""
    is_file: bool
    concrete: bool

    @property
    def plain(self) -> bool:
        """Whether it is a column whose value is data."""
        return self.concrete and not self.is_relation and not self.is_file

    def reader(self, name: str, *, key: bool) -> Callable[[Any], Any]:
        """What reads the attribute *name*, which is this column's; a relation from the other side may lead nowhere."""
        if not (self.reverse and not self.many):
            return lambda value: getattr(value, name)

        def read(value: Any) -> Any:
            try:
                found = getattr(value, name)
            except AttributeError as error:
                # Django's RelatedObjectDoesNotExist.
                if type(error).__name__ == "RelatedObjectDoesNotExist":
                    return None
                raise
            return found.pk if key else found

        return read

    def loaded(self, value: Any, name: str) -> bool:
        """Whether the attribute *name* of *value* can be read without a query."""
        if name != self.attribute or (self.concrete and not self.is_relation):
            return name in value.__dict__
        if self.many:
            return self.cache_name in getattr(value, "_prefetched_objects_cache", {})
        return bool(self.field.is_cached(value)) or (self.concrete and value.__dict__.get(self.key, "") is None)

    @property
    def cache_name(self) -> str:
        """Where prefetched objects are kept."""
        name = getattr(self.field, "cache_name", None)
        return str(name) if isinstance(name, str) else self.attribute


def columns_of(kind: type) -> dict[str, Column] | None:
    """The columns and relations of a class of model instances, by attribute; `None` for other classes."""
    meta = getattr(kind, "_meta", None)
    if meta is None or not hasattr(meta, "get_fields"):
        return None
    columns: dict[str, Column] = {}
    for field in meta.get_fields():
        column = _column(field)
        if column is None:
            continue
        columns.setdefault(column.attribute, column)
        if column.key != column.attribute:
            columns.setdefault(column.key, _key_column(column))
    if (key := getattr(meta, "pk", None)) is not None:
        columns.setdefault("pk", columns[key.attname])
    return columns


def _key_column(column: Column) -> Column:
    return Column(
        name=column.name,
        field=column.field,
        attribute=column.key,
        key=column.key,
        is_relation=False,
        many=False,
        reverse=False,
        is_file=False,
        concrete=True,
    )


def _column(field: Any) -> Column | None:
    is_relation = bool(getattr(field, "is_relation", False))
    concrete = bool(getattr(field, "concrete", False)) and getattr(field, "column", None) is not None
    many = bool(field.many_to_many or field.one_to_many) if is_relation else False
    reverse = bool(getattr(field, "auto_created", False)) and is_relation and not concrete
    attribute = field.get_accessor_name() if reverse and hasattr(field, "get_accessor_name") else field.name
    if not attribute:
        return None  # A relation whose other side has no name for it.
    return Column(
        name=field.name,
        field=field,
        attribute=attribute,
        key=field.attname if concrete and is_relation else attribute,
        is_relation=is_relation,
        many=many,
        reverse=reverse,
        is_file=hasattr(field, "upload_to"),
        concrete=concrete,
    )
