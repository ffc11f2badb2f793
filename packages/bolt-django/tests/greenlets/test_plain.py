"""Which calls may run on the loop's thread."""

import concurrent.futures
import datetime
import json
from collections.abc import Callable
from typing import Any, Self

import pytest
from asgiref.sync import sync_to_async
from bolt_django.greenlets.plain import MANY, is_plain, plain_call
from boltsite.library.models import Author, Book, Country, Mark, Publisher, Tag
from boltsite.shop.models import Product
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import F, Manager, Prefetch, QuerySet, prefetch_related_objects, signals
from django.test.utils import isolate_apps


def plain(function: Callable[..., Any], *args: Any, **keywords: Any) -> bool:
    """Whether calling *function* so may run on the loop's thread."""
    return is_plain(function, args, keywords)


def kept(value: Any = None, **kwargs: Any) -> Any:
    """A function of the project's."""
    return value


@pytest.mark.parametrize("name", ["_fetch_all", "count", "exists", "first", "get", "in_bulk", "aggregate", "update"])
def test_reading_models_of_djangos_fields_is_plain(name: str) -> None:
    """Whatever the query."""
    for queryset in (Author.objects.filter(name="a"), Author.objects.values_list("pk"), User.objects.all()):
        assert plain(getattr(queryset, name))


def test_writing_models_of_djangos_fields_is_plain() -> None:
    """Rows of them are made, saved and deleted by Django alone."""
    assert plain(Author.objects.all().create, name="a")
    assert plain(Author.objects.all().update_or_create, name="a", defaults={"email": F("name")})
    assert plain(Author.objects.all().bulk_create, [Author(), Author()])
    assert plain(Author().save)
    assert plain(Author().refresh_from_db)
    assert plain(Mark().delete)
    assert plain(Mark.objects.filter(text="a").delete)


def test_transactions_are_plain() -> None:
    """Entering and leaving a block is a query or two."""
    assert plain(transaction.atomic().__enter__)
    assert plain(transaction.atomic().__exit__, None, None, None)


def test_a_function_of_the_projects_takes_a_thread() -> None:
    """As a call, as an argument, as a value that is called, and as an iterator that is read."""
    assert not plain(kept)
    assert not plain(json.dumps, {})
    assert not plain(Author.objects.all().create, name=kept)
    assert not plain(Author.objects.all().get_or_create, name="a", defaults={"email": kept})
    assert not plain(Author.objects.all().bulk_create, (Author() for _ in range(2)))
    assert not plain(Author().greeting)


def test_a_model_that_keeps_files_is_written_on_a_thread() -> None:
    """A storage may be a network away; what is read of it is a name."""
    assert plain(Product.objects.all().get)
    assert not plain(Product.objects.all().create, name="saw")
    assert not plain(Product().save)


@pytest.mark.parametrize("name", ["save", "save_base", "_do_insert", "from_db", "refresh_from_db", "__init__"])
@isolate_apps("boltsite.library")
def test_a_model_that_overrides_what_django_calls_takes_a_thread(name: str) -> None:
    """For what calls it: saving, or both reading and saving."""

    def overridden(*args: Any, **keywords: Any) -> Any:
        return None

    body = {"__module__": "boltsite.library.models", name: overridden}
    own: Any = type("Own", (models.Model,), body)

    assert plain(QuerySet(own).get) is name.startswith(("save", "_do"))
    assert not plain(QuerySet(own).create)


@pytest.mark.parametrize(
    ("signal", "reads", "saves", "deletes"),
    [
        (signals.pre_init, False, False, False),
        (signals.post_init, False, False, False),
        (signals.pre_save, True, False, True),
        (signals.post_save, True, False, True),
        (signals.pre_delete, True, True, False),
        (signals.post_delete, True, True, False),
    ],
)
def test_a_signal_with_receivers_takes_a_thread(signal: Any, reads: bool, saves: bool, deletes: bool) -> None:
    """For as long as it has them, and for the model that they listen to."""
    signal.connect(kept, sender=Mark)
    try:
        calls = QuerySet(Mark).get, Mark().save, Mark().delete
        assert tuple(plain(call) for call in calls) == (reads, saves, deletes)
        assert plain(QuerySet(Tag).get)
        assert plain(Tag().save)
    finally:
        signal.disconnect(kept, sender=Mark)

    assert all(plain(call) for call in (QuerySet(Mark).get, Mark().save, Mark().delete))


@isolate_apps("boltsite.library")
def test_deleting_what_others_refer_to_takes_a_thread() -> None:
    """Django reads and goes through what a cascade reaches: references, parents, many-to-many and generic ones."""
    child: Any = type("Child", (Mark,), {"__module__": "boltsite.library.models"})
    of_many = {"__module__": "boltsite.library.models", "tags": models.ManyToManyField(Tag, related_name="+")}
    related: Any = type("Related", (models.Model,), of_many)

    for model in (Author, Country, child, related):
        assert not plain(QuerySet(model).delete)
        assert not plain(model().delete)
    assert not plain(Book().delete)


def test_many_objects_at_once_take_a_thread() -> None:
    """What is computed for each of them would keep the loop: those to write, to look for and to fetch relations of."""
    authors = [Author(pk=number) for number in range(MANY + 1)]
    keys = [author.pk for author in authors]

    for few in (True, False):
        taken = slice(MANY if few else None)
        assert plain(QuerySet(Author).bulk_create, authors[taken]) is few
        assert plain(QuerySet(Author).in_bulk, keys[taken]) is few
        assert plain(QuerySet(Author).bulk_update, authors[taken], ["name"]) is few
        assert plain(Publisher(pk=1).authors.add, *authors[taken]) is few  # type: ignore[attr-defined]
        assert plain(Publisher(pk=1).authors.set, authors[taken]) is few  # type: ignore[attr-defined]
        assert plain(prefetch_related_objects, authors[taken], "books") is few
    assert plain(QuerySet(Author).create, biography="long " * MANY)


class Cautious(QuerySet[Any]):
    """Overrides a method of Django's."""

    def count(self) -> int:
        """As Django's."""
        return super().count()


class Helpful(QuerySet[Any]):
    """Only adds to Django's methods."""

    def named(self, name: str) -> Self:
        """Those of a name."""
        return self.filter(name=name)


class Hiding(Manager[Any]):
    """Overrides what related managers extend."""

    def get_queryset(self) -> QuerySet[Any]:
        """Without the hidden ones."""
        return super().get_queryset().exclude(name="hidden")


def test_a_queryset_that_overrides_takes_a_thread() -> None:
    """One that adds methods does not."""
    assert plain(Helpful(Author).named("a").get)
    assert not plain(Cautious(Author).get)


def managed(manager: Any) -> tuple[Any, Any]:
    """Two models, of which the second has *manager* and refers to the first."""
    owner: Any = type("Owner", (models.Model,), {"__module__": "boltsite.library.models"})
    body = {"__module__": "boltsite.library.models", "objects": manager}
    body |= {"owner": models.ForeignKey(owner, models.CASCADE, related_name="things"), "name": models.TextField()}
    return owner, type("Thing", (models.Model,), body)


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        (Manager, True),
        (Helpful.as_manager, True),
        (Cautious.as_manager, False),
        (Hiding, False),
        (Hiding.from_queryset(Helpful), False),
    ],
)
@isolate_apps("boltsite.library")
def test_a_manager_that_overrides_takes_a_thread(manager: Any, expected: bool) -> None:
    """Where Django calls it: for related objects, and for those that are fetched beforehand."""
    owner, thing = managed(manager())

    assert plain(owner(pk=1).things.create, name="a") is expected
    assert plain(owner(pk=1).things.add, thing()) is expected
    assert plain(QuerySet(owner).prefetch_related("things")._fetch_all) is expected
    assert plain(prefetch_related_objects, [owner(pk=1)], "things") is expected
    # It is not asked for one that is referred to.
    assert plain(QuerySet(thing).prefetch_related("owner")._fetch_all)


@isolate_apps("boltsite.library")
def test_a_base_manager_that_overrides_takes_a_thread() -> None:
    """Django saves and refreshes through it."""
    meta = type("Meta", (), {"base_manager_name": "objects"})
    own: Any = type(
        "Own", (models.Model,), {"__module__": "boltsite.library.models", "objects": Hiding(), "Meta": meta}
    )

    assert not plain(own().save)
    assert not plain(own().refresh_from_db)


class Squared(models.IntegerField):  # type: ignore[type-arg]
    """A field of the project's."""

    def from_db_value(self, value: int, expression: object, connection: object) -> int:
        """Squared."""
        return value * value


class Decoder(json.JSONDecoder):
    """Reads JSON for the project."""


@pytest.mark.parametrize("field", [Squared(), models.JSONField(decoder=Decoder)])
@isolate_apps("boltsite.library")
def test_fields_with_code_of_the_projects_take_a_thread(field: Any) -> None:
    """As it runs for each row."""
    own: Any = type("Own", (models.Model,), {"__module__": "boltsite.library.models", "field": field})

    assert not plain(QuerySet(own).get)


@pytest.mark.parametrize(("default", "expected"), [(1, True), (datetime.datetime.now, True), (kept, False)])
@isolate_apps("boltsite.library")
def test_a_default_that_is_a_function_takes_a_thread(default: Any, expected: bool) -> None:
    """For what makes a row; reading does not ask for it."""
    own: Any = type(
        "Own", (models.Model,), {"__module__": "boltsite.library.models", "field": models.TextField(default=default)}
    )

    assert plain(QuerySet(own).get)
    assert plain(QuerySet(own).create) is expected


def test_related_rows_are_looked_at() -> None:
    """Those that a query brings along, through every relation."""
    signals.post_init.connect(kept, sender=Country)
    try:
        assert plain(Author.objects.select_related("publisher")._fetch_all)
        assert not plain(Author.objects.select_related("publisher__country")._fetch_all)
        assert plain(Author.objects.prefetch_related("books__tags")._fetch_all)
        assert not plain(Author.objects.prefetch_related("publisher__country")._fetch_all)
        publishers = Prefetch("publisher", Publisher.objects.select_related("country"))
        assert not plain(Author.objects.prefetch_related(publishers)._fetch_all)
        assert not plain(QuerySet(Publisher).in_bulk, QuerySet(Country))
    finally:
        signals.post_init.disconnect(kept, sender=Country)


def test_the_step_of_an_iteration_is_plain() -> None:
    """As far as its queryset is; any other generator takes a thread."""
    from django.db.models.query import ModelIterable

    steps = {queryset: iter(ModelIterable(queryset)) for queryset in (QuerySet(Author), Cautious(Author))}
    (plain_steps, other_steps) = steps.values()

    def next_slice(generator: Any) -> Any:
        return next(generator)

    next_slice.__module__ = ModelIterable.__module__
    assert plain(next_slice, plain_steps)
    assert not plain(next_slice, other_steps)
    assert not plain(next_slice, (number for number in range(3)))


class Executor(concurrent.futures.Executor):
    """Keeps what it is given, and runs it at once."""

    def __init__(self) -> None:
        self.handed: list[Any] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """As `ThreadPoolExecutor`."""
        self.handed.append(fn)
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        future.set_result(None)
        return future


async def test_what_asgiref_hands_over_is_understood() -> None:
    """The call of a plain function is found in it; a fiber makes that one alone."""
    executor = Executor()
    for call in (QuerySet(Author).get, kept):
        await sync_to_async(call, thread_sensitive=False, executor=executor)(pk=1)

    found = [plain_call(one) for one in executor.handed]
    assert [one is not None for one in found] == [True, False]
    assert plain_call(kept) is None
