"""What there is to know of Django's models, by their shape: nothing of Django is imported."""

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

_known: "weakref.WeakKeyDictionary[type, Mapping[str, Column]]" = weakref.WeakKeyDictionary()


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
    def target(self) -> Any:
        """The model that a relation leads to; `None` where that differs from row to row, and for other columns."""
        return getattr(self.field, "related_model", None) if self.is_relation else None

    @property
    def is_json(self) -> bool:
        """Whether its values are written as JSON, by an encoder that knows no serializers."""
        return not self.is_relation and getattr(self.field, "get_internal_type", str)() == "JSONField"

    def reader(self, *, key: bool) -> Callable[[Any], Any]:
        """What reads it from an instance; of a relation to one object its key alone, where *key*."""
        name = self.key if key and not self.many else self.attribute
        if not (self.reverse and not self.many):
            return lambda value: getattr(value, name)

        def read(value: Any) -> Any:
            try:
                found = getattr(value, name)
            except AttributeError as error:
                # Django's; a relation from the other side may lead nowhere.
                if type(error).__name__ == "RelatedObjectDoesNotExist":
                    return None
                raise
            return found.pk if key and found is not None else found

        return read


def columns_of(kind: type) -> Mapping[str, Column] | None:
    """The columns and relations of a class of model instances, by attribute; `None` for other classes."""
    known = _known.get(kind)
    if known is not None:
        return known
    meta = getattr(kind, "_meta", None)
    if meta is None or not hasattr(meta, "get_fields"):
        return None
    columns = MappingProxyType(_columns(meta))
    # Until every model is there, relations from the other side are missing.
    if getattr(getattr(meta, "apps", None), "models_ready", True):
        _known[kind] = columns
    return columns


def _columns(meta: Any) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for field in meta.get_fields():
        column = _column(field)
        if column is None:
            continue
        columns.setdefault(column.attribute, column)
        if column.key != column.attribute:
            by_key = replace(column, attribute=column.key, is_relation=False, many=False, reverse=False, is_file=False)
            columns.setdefault(column.key, by_key)
    key = columns.get(getattr(getattr(meta, "pk", None), "attname", ""))
    if key is not None:
        columns.setdefault("pk", key)
    return columns


def key_source(columns: Mapping[str, Column], source: tuple[str, ...]) -> tuple[str, ...]:
    """*source*, or where it asks for the key of a foreign key (`author.id`), the column that holds it (`author_id`)."""
    column = columns.get(source[0])
    if len(source) != 2 or column is None or not (column.concrete and column.is_relation):
        return source
    target = getattr(column.field, "target_field", None)
    names = {getattr(target, "attname", None), getattr(target, "name", None)}
    if getattr(target, "primary_key", False):
        names.add("pk")
    return (column.key,) if source[1] in names else source


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
