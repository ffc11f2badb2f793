"""Users that are kept between requests."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_core import Request
from bolt_django.users import cache as cache_module
from bolt_django.users.cache import CACHE, UserCache
from boltsite.people.models import Person
from callers import Callers
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import signals
from django.test import override_settings

type Serving = Callable[..., Callers]

SECONDS = 30.0


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of the process's cache."""
    clock = Clock()
    monkeypatch.setattr(CACHE, "_clock", clock)
    return clock


@pytest.fixture(autouse=True)
def cached(clock: Clock) -> Iterator[None]:
    """The setting; signals as they were afterwards."""
    heard = {signal: list(signal.receivers or ()) for signal in (signals.post_save, signals.post_delete)}
    heard[signals.m2m_changed] = list(signals.m2m_changed.receivers or ())
    with override_settings(BOLT={"USER_CACHE_SECONDS": SECONDS}):
        yield
    for signal, receivers in heard.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()
    CACHE._watched.clear()
    CACHE._changing.clear()


def sync_name(request: Request) -> str:
    return str(request.user.first_name)


async def async_name(request: Request) -> str:
    return str(request.user.first_name)


async def awaited_name(request: Request) -> str:
    return str((await request.auser()).first_name)


ALL = pytest.mark.parametrize("handler", [sync_name, async_name, awaited_name])


@pytest.fixture
def committed(transactional_db: None) -> User:
    """Somebody whom no transaction of the test holds."""
    return User.objects.create_user("ann", first_name="Ann")


@ALL
def test_a_kept_user_costs_no_query(serving: Serving, committed: User, handler: Any, clock: Clock) -> None:
    """Until the seconds are over."""
    served = serving(handler)
    costs = []
    for seconds in (0, SECONDS - 0.1, 0.1, 1):
        clock.now += seconds
        assert served.get(committed).body == b"Ann"
        costs.append(len(served.queries))

    assert costs == [1, 0, 1, 0]


@ALL
@override_settings(BOLT={})
def test_nobody_is_kept_by_default(serving: Serving, committed: User, handler: Any) -> None:
    """Each request asks the database."""
    served = serving(handler)
    for _ in range(2):
        served.get(committed)
        assert len(served.queries) == 1
    assert CACHE._kept == {}


def rename(user: User) -> None:
    """Save another name."""
    user.first_name = "New"
    user.save()


def switch_off(user: User) -> None:
    """Make inactive."""
    user.is_active = False
    user.save(update_fields=["is_active"])


CHANGES: list[tuple[Callable[[User], object], int]] = [
    (rename, 200),
    (switch_off, 401),
    (lambda user: user.delete(), 401),
    (lambda user: user.groups.add(Group.objects.create(name="made")), 200),
    (lambda user: user.groups.clear(), 200),
    (lambda user: user.user_permissions.add(Permission.objects.earliest("pk")), 200),
    (lambda user: Group.objects.create(name="made").user_set.add(user), 200),
]


@ALL
@pytest.mark.parametrize(("change", "status"), CHANGES)
def test_changes_are_seen_at_once(
    serving: Serving, committed: User, handler: Any, change: Callable[[User], object], status: int
) -> None:
    """Saving, deleting, and what groups and permissions are given: the next request asks the database."""
    committed.groups.add(Group.objects.create(name="old"))
    served = serving(handler)
    served.get(committed)
    key = str(committed.pk)
    change(committed)

    assert served.get(key).status == status
    assert len(served.queries) == 1


def test_a_proxy_is_the_same_user(serving: Serving, committed: User) -> None:
    """Saved by another class of the same rows."""

    class Alias(User):
        class Meta:
            app_label = "people"
            proxy = True

    served = serving(sync_name)
    served.get(committed)
    rename(Alias.objects.get(pk=committed.pk))

    assert served.get(committed).body == b"New"


def test_what_another_process_does_is_seen_later(serving: Serving, committed: User, clock: Clock) -> None:
    """As is what `update()` does, of which no signal tells."""
    served = serving(sync_name)
    served.get(committed)
    User.objects.update(first_name="New")
    assert served.get(committed).body == b"Ann"
    clock.now += SECONDS

    assert served.get(committed).body == b"New"


def test_other_users_stay(serving: Serving, committed: User) -> None:
    """One that is saved drops its own entry alone."""
    served = serving(sync_name)
    served.get(committed)
    rename(User.objects.create_user("bob"))
    served.get(committed)

    assert served.queries == []


@override_settings(AUTH_USER_MODEL="people.Person")
@pytest.mark.django_db(transaction=True)
def test_requests_share_nothing(serving: Serving) -> None:
    """What one changes on its user, in place or not, and what it loads of relations, no other sees."""
    boss = Person.objects.create(name="bea")
    person = Person.objects.create(name="ann", settings={"list": [1]}, boss=boss)

    def handler(request: Request) -> Any:
        user = request.user
        seen = [user.name, user.settings, "boss" in user._state.fields_cache, hasattr(user, "extra"), user._state.db]
        user.name, user.extra = "changed", user.boss.name
        answer = [seen[0], {"list": list(seen[1]["list"])}, *seen[2:]]
        user.settings["list"].append(2)
        user._state.db = "other"
        return answer

    served = serving(handler)
    for _ in range(3):
        assert served.get(person).json() == ["ann", {"list": [1]}, False, False, "default"]


def test_the_first_request_shares_nothing(serving: Serving, committed: User) -> None:
    """What is kept is not what the request that loaded it works with."""

    def handler(request: Request) -> str:
        name = request.user.first_name
        request.user.first_name = "changed"
        return str(name)

    served = serving(handler)

    assert [served.get(committed).body for _ in range(3)] == [b"Ann"] * 3


def test_what_is_rolled_back_is_not_kept(serving: Serving, committed: User, clock: Clock) -> None:
    """A user that is saved in a transaction is read there, and the entry would survive it."""

    def handler(request: Request) -> str:
        try:
            with transaction.atomic():
                rename(User.objects.get(pk=request.auth["user_id"]))
                return str(request.user.first_name) + _undo()
        except ZeroDivisionError:
            return "undone"

    served = serving(handler)
    assert served.get(committed).body == b"undone"
    reader = serving(sync_name)
    assert reader.get(committed).body == b"Ann"
    assert len(reader.queries) == 1
    clock.now += SECONDS

    reader.get(committed)
    reader.get(committed)
    assert reader.queries == []


def _undo() -> str:
    return str(1 // 0)


def test_what_is_committed_is_kept_again(serving: Serving, committed: User) -> None:
    """Once it is committed; until then others read the old row, which is not kept."""
    served = serving(sync_name)
    with transaction.atomic():
        rename(committed)
        served.get(committed)
        served.get(committed)
        assert len(served.queries) == 1
    served.get(committed)
    assert len(served.queries) == 1
    served.get(committed)
    assert served.queries == []


@pytest.mark.django_db
def test_a_result_that_was_overtaken_is_not_kept() -> None:
    """The user was saved between the query and its result."""
    cache = UserCache()
    keep = cache.keeper(User, 1)
    cache.drop(User, 2)

    assert keep(User(pk=1, username="old")).username == "old"
    assert cache.get(User, 1) is None


@pytest.mark.django_db
def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was loaded longest ago goes first."""
    monkeypatch.setattr(cache_module, "MOST", 3)
    cache = UserCache()
    for number in (1, 2, 3, 1, 4):
        cache.keeper(User, number)(User(pk=number))

    assert [number for number in range(1, 5) if cache.get(User, number)] == [1, 3, 4]


@pytest.mark.django_db
def test_the_bound_is_4096() -> None:
    """Of one process."""
    cache = UserCache()
    for number in range(4100):
        cache.keeper(User, number)(User(pk=number))

    assert len(cache._kept) == 4096


@pytest.mark.django_db
def test_threads_may_share_it() -> None:
    """None of them sees an entry half made."""
    cache, wrong = UserCache(), list[Any]()

    def work(number: int) -> None:
        for step in range(300):
            key = (number + step) % 7
            if (found := cache.get(User, key)) is None:
                cache.keeper(User, key)(User(pk=key, username=str(key)))
            elif found.username != str(key):
                wrong.append(found)
            cache.clear() if step % 50 == 0 else None

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


@override_settings(BOLT={})
@pytest.mark.django_db
def test_signals_stay_unheard_without_the_setting(serving: Serving, user: User) -> None:
    """They would cost every save of a user something."""
    before = [len(signal.receivers or ()) for signal in (signals.post_save, signals.post_delete, signals.m2m_changed)]
    serving(sync_name).get(user)

    assert [
        len(signal.receivers or ()) for signal in (signals.post_save, signals.post_delete, signals.m2m_changed)
    ] == before


@pytest.mark.django_db
def test_loaders_are_asked_every_time(serving: Serving, user: User) -> None:
    """What a project's own function does is its own affair."""
    served = serving(sync_name, user_loader=lambda auth: User.objects.get(pk=auth["user_id"]))
    for _ in range(2):
        served.get(user)
        assert len(served.queries) == 1


def test_verifying_reads_the_cache(serving: Serving, committed: User) -> None:
    """So an account that another process made inactive is refused once the seconds are over."""
    served = serving(sync_name, verify_user=True)
    served.get(committed)
    served.get(committed)

    assert served.queries == []
