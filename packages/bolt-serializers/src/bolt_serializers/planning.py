"""Which columns, joins and prefetches of a QuerySet a serializer reads, and the QuerySet that has them.

What is planned is a tree of models, as `reading` will go through it. A serializer class that is found inside itself is
planned once more and no deeper: how deep the data goes is known to nobody, and each level costs a join or a query.
"""

import sys
from collections.abc import Collection
from typing import Any, get_args, get_origin

from bolt_serializers.hints import is_union, peel
from bolt_serializers.information import Information, information_of
from bolt_serializers.models import Column, columns_of, key_source
from bolt_serializers.reading import inner_reader
from bolt_serializers.records import is_record, record_fields
from bolt_serializers.values import is_key

_REPEATS = 2
"""How often a class may stand on one path."""


class Node:
    """What is read of the instances of a model."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.known = columns_of(model) or {}
        self.columns: set[str] = set()
        self.whole = False
        """Whether code is called that may read any column."""
        self.one: dict[str, Node] = {}
        """Related objects that a join brings."""
        self.many: dict[str, Node] = {}
        """Those that a query of their own brings."""
        self.generic: set[str] = set()
        """Relations to any model; a query each."""

    def join(self, column: Column) -> "Node":
        """The node of a relation to one object."""
        if column.concrete:
            self.columns.add(column.name)
        return self.one.setdefault(column.attribute, Node(column.target))

    def prefetch(self, column: Column) -> "Node":
        """The node of a relation to many objects, with the columns that lead there and back."""
        node = self.many.setdefault(column.attribute, Node(column.target))
        if column.field.one_to_many:
            back = getattr(column.field, "field", None)
            if back is not None and getattr(back, "attname", None):
                node.columns.add(back.name)
                self.columns.update(field.name for field in getattr(back, "foreign_related_fields", ()))
            else:
                # A generic relation: the columns that hold it are its own business.
                node.whole = True
        return node

    def every_column(self) -> set[str]:
        return {column.name for column in self.known.values() if column.concrete}


def plan(information: Information, model: Any, annotations: Collection[str] = ()) -> Node:
    """What the serializer reads of *model*; *annotations* are attributes that a QuerySet adds."""
    node = Node(model)
    _add(node, information.class_, (), annotations)
    return node


def _add(node: Node, type_: Any, above: tuple[Any, ...], annotations: Collection[str] = ()) -> None:
    if above.count(type_) >= _REPEATS:
        return
    for source, hint in _members(type_):
        if source[0] in annotations and source[0] not in node.known:
            continue
        _follow(node, key_source(node.known, source), hint, (*above, type_))


def _members(type_: Any) -> list[tuple[tuple[str, ...], Any]]:
    information = information_of(type_)
    if information is not None:
        return [(field.source, field.hint) for field in information.fields if field.read]
    return [((field.name,), field.hint) for field in record_fields(type_)]


def _follow(node: Node, source: tuple[str, ...], hint: Any, above: tuple[Any, ...]) -> None:
    for index, name in enumerate(source):
        last = index + 1 == len(source)
        column = node.known.get(name)
        if column is None:
            node.columns.update(_columns_of_method(node, name) or ())
            node.whole = node.whole or _columns_of_method(node, name) is None
            return
        if not column.is_relation:
            node.columns.add(column.name)
            return
        if last:
            _read_relation(node, column, hint, above)
            return
        if column.target is None or column.many:
            _read_any(node, column)
            return
        node = node.join(column)


def _columns_of_method(node: Node, name: str) -> set[str] | None:
    """The columns that Django's `get_status_display()` reads; `None` for code that nothing is known of."""
    column = node.known.get(name.removeprefix("get_").removesuffix("_display"))
    is_display = name.startswith("get_") and name.endswith("_display")
    return {column.name} if is_display and column is not None and column.concrete else None


def _read_any(node: Node, column: Column) -> None:
    node.generic.add(column.attribute)
    node.whole = True


def _read_relation(node: Node, column: Column, hint: Any, above: tuple[Any, ...]) -> None:
    nested = _nested(hint)
    if column.target is None:
        _read_any(node, column)
    elif column.concrete and not column.many and is_key(inner_reader(hint)):
        node.columns.add(column.name)
    elif nested and all(above.count(type_) >= _REPEATS for type_ in nested):
        if column.concrete:
            node.columns.add(column.name)
    else:
        inner = node.prefetch(column) if column.many else node.join(column)
        # What is told by its key alone has no other column.
        inner.columns.add(column.target._meta.pk.name)
        for type_ in nested:
            _add(inner, type_, above)


def _nested(hint: Any) -> list[Any]:
    """Classes with fields that objects of the relation are read as."""
    type_ = peel(hint).type
    if information_of(type_) is not None:
        return [type_]
    if is_union(type_) or (get_origin(type_) or type_) in (list, set, frozenset, tuple):
        return [found for member in get_args(type_) if member is not Ellipsis for found in _nested(member)]
    return [type_] if is_record(type_) else []


def optimize(information: Information, queryset: Any) -> Any:
    """*queryset* with what the serializer reads; itself where it has no objects, or takes no joins."""
    if not hasattr(queryset, "query") and hasattr(queryset, "all"):
        queryset = queryset.all()
    query = getattr(queryset, "query", None)
    if not hasattr(queryset, "select_related"):
        raise TypeError(f"optimize() takes a QuerySet or a manager, not {type(queryset).__qualname__}")
    if getattr(queryset, "_fields", None) is not None or getattr(query, "combinator", None):
        return queryset
    annotations = frozenset(getattr(query, "annotations", ()))
    key = ("plan", queryset.model, annotations)
    node = information.made.get(key)
    if node is None:
        node = information.made[key] = plan(information, queryset.model, annotations)
    return _Applied(queryset).apply(node)


class _Applied:
    """A plan, and what the QuerySet does already."""

    def __init__(self, queryset: Any) -> None:
        self.queryset = queryset
        self.joined = getattr(queryset.query, "select_related", False)
        lookups = getattr(queryset, "_prefetch_related_lookups", ())
        self.prefetched = [getattr(lookup, "prefetch_through", lookup) for lookup in lookups]
        # What goes to an attribute of its own is not where it is read.
        self.there = [getattr(lookup, "prefetch_to", lookup) for lookup in lookups]
        self.deferred: frozenset[str]
        self.is_defer: bool
        self.deferred, self.is_defer = getattr(queryset.query, "deferred_loading", (frozenset(), True))
        self.chosen = bool(self.deferred) or not self.is_defer

    def apply(self, node: Node) -> Any:
        """The QuerySet."""
        joins, prefetches, columns = _flat(node, "", self.there)
        made = self.queryset
        if joins and self.joined is not True:
            made = self._with_keys(made.select_related(*joins), joins)
        if prefetches:
            made = made.prefetch_related(*prefetches)
        if not self.chosen and self.joined is not True and (joins or not node.whole):
            made = made.only(*sorted(columns | self._kept(node)))
        return made

    def _with_keys(self, queryset: Any, joins: list[str]) -> Any:
        """Let a choice of columns have the keys that *joins* go by, which Django does not defer."""
        if not self.is_defer:
            return queryset.only(*self.deferred, *joins)
        if self.deferred.isdisjoint(joins):
            return queryset
        return queryset.defer(None).defer(*(self.deferred - set(joins)))

    def _kept(self, node: Node) -> set[str]:
        """Columns for joins and prefetches that were there before."""
        columns = set(_joined_columns(self.joined or {}, node, ""))
        for path in self.prefetched:
            column = node.known.get(path.split("__")[0])
            if column is not None:
                columns |= {column.name} if column.concrete else node.every_column()
        return columns


def _joined_columns(joined: Any, node: Node | None, prefix: str) -> list[str]:
    found = []
    for name, below in joined.items():
        inner = node.one.get(name) if node is not None else None
        column = node.known.get(name) if node is not None else None
        if column is not None and column.concrete:
            found.append(f"{prefix}{name}")
        if inner is None and column is not None and column.target is not None:
            inner = Node(column.target)
            found += [f"{prefix}{name}__{one}" for one in inner.every_column()]
        found += _joined_columns(below, inner, f"{prefix}{name}__")
    return found


def _flat(node: Node, prefix: str, there: list[str]) -> tuple[list[str], list[Any], set[str]]:
    """Joins, prefetches and columns of *node* and what is joined to it, as a QuerySet takes them."""
    joins: list[str] = []
    prefetches: list[Any] = []
    columns = {f"{prefix}{name}" for name in (node.every_column() if node.whole else node.columns)}
    columns |= {f"{prefix}{node.model._meta.pk.name}"}
    for name, inner in node.one.items():
        below = _flat(inner, f"{prefix}{name}__", there)
        joins += [f"{prefix}{name}", *below[0]]
        prefetches += below[1]
        columns |= below[2]
    for name in sorted(node.generic):
        if not _is_there(f"{prefix}{name}", there):
            prefetches.append(f"{prefix}{name}")
    for name, inner in node.many.items():
        if not _is_there(f"{prefix}{name}", there):
            prefetches.append(_prefetch(f"{prefix}{name}", inner))
    return joins, prefetches, columns


def _is_there(path: str, there: list[str]) -> bool:
    # Django refuses a second QuerySet for a path that another lookup goes along.
    return any(one == path or one.startswith(f"{path}__") for one in there)


def _prefetch(path: str, node: Node) -> Any:
    queryset = node.model._default_manager.all()
    # There is a QuerySet, so there is Django.
    return sys.modules["django.db.models"].Prefetch(path, queryset=_Applied(queryset).apply(node))
