import asyncio
import os
import threading
import time
import uuid
from datetime import timedelta

import pytest
from bolt_auth import CachedRevocation, InMemoryRevocation, RedisRevocation, RevocationStore, RevocationUnavailable
from bolt_auth.revocation import memory

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.fixture
async def redis_store():
    """A store in a real Redis, below a prefix of its own."""
    redis = pytest.importorskip("redis.asyncio", reason="the extra redis is not installed")
    client = redis.Redis.from_url(REDIS)
    try:
        await client.ping()
    except Exception:
        await client.aclose()
        pytest.skip(f"no Redis answers at {REDIS}; start one, or set REDIS_URL")
    store = RedisRevocation(client, prefix=f"test:{uuid.uuid4().hex}:")
    yield store
    async for key in client.scan_iter(f"{store.prefix}*"):
        await client.delete(key)
    await store.aclose()


@pytest.fixture(params=["memory", "redis", "cached"])
def store(request):
    """Every store."""
    if request.param == "memory":
        return InMemoryRevocation()
    if request.param == "cached":
        return CachedRevocation(InMemoryRevocation())
    return request.getfixturevalue("redis_store")


async def test_one_token(store):
    """A token is good until it is revoked; the first who revokes it is told that it was good."""
    assert isinstance(store, RevocationStore)
    assert not await store.is_revoked("a")
    assert await store.revoke("a") is True
    assert await store.revoke("a") is False
    assert await store.is_revoked("a")
    assert not await store.is_revoked("b")
    assert not await store.is_revoked(None)


async def test_all_of_a_user(store):
    """Tokens issued up to now are revoked with their user, later ones and those of others are not."""
    now = time.time()
    await store.revoke_all("7")

    assert await store.is_revoked("a", user_id="7", issued_at=now - 10)
    assert await store.is_revoked("a", user_id="7", issued_at=int(now))
    assert await store.is_revoked("a", user_id="7")
    assert not await store.is_revoked("a", user_id="7", issued_at=now + 10)
    assert not await store.is_revoked("a", user_id="8", issued_at=now - 10)


async def test_one_of_many_revokes(store):
    """Of many that revoke a token at once, one is told that it was good."""
    found = await asyncio.gather(*(store.revoke("a") for _ in range(20)))

    assert sum(found) == 1


@pytest.mark.parametrize("jti", ["", None, 7])
async def test_token_without_a_name_cannot_be_revoked(store, jti):
    """Revoking what has no `jti` is an error, not a revocation of nothing."""
    with pytest.raises(ValueError, match="jti"):
        await store.revoke(jti)


async def test_entries_end_with_their_token(redis_store):
    """Redis forgets a revocation a moment after the token's own expiry, and one of unknown expiry much later."""
    await redis_store.revoke("a", expires_at=time.time() + 100)
    await redis_store.revoke("b")
    await redis_store.revoke("c", expires_at=time.time() - 100)

    assert 100 <= await redis_store.client.ttl(f"{redis_store.prefix}token:a") <= 102
    assert await redis_store.client.ttl(f"{redis_store.prefix}token:b") > 360 * 86400
    assert await redis_store.client.ttl(f"{redis_store.prefix}token:c") == 1


async def test_other_processes_see_it(redis_store):
    """What one client of the same Redis revokes, another sees."""
    other = RedisRevocation(REDIS, prefix=redis_store.prefix)
    try:
        await redis_store.revoke("a")
        assert await other.is_revoked("a")
    finally:
        await other.aclose()


async def test_memory_forgets_expired_entries(monkeypatch):
    """An entry counts until its token expires, and the dead ones are swept away now and then."""
    monkeypatch.setattr(memory, "SWEEP", 8)
    store = InMemoryRevocation()
    store._sweep_at = 8
    for number in range(100):
        await store.revoke(f"old{number}", expires_at=time.time() - 1)
    await store.revoke("new", expires_at=time.time() + 60)

    assert not await store.is_revoked("old5")
    assert await store.is_revoked("new")
    assert len(store) < 20
    store.clear()
    assert not await store.is_revoked("new")


async def test_keep_is_for_tokens_of_unknown_expiry():
    """`keep` says how long a revocation lasts that was not told when its token ends."""
    store = InMemoryRevocation(keep=timedelta(seconds=-1))
    await store.revoke("a")
    assert not await store.is_revoked("a")


def test_memory_from_threads():
    """Many threads revoke one token: one is told that it was good."""
    store, barrier, told = InMemoryRevocation(), threading.Barrier(8), []

    def revoke():
        barrier.wait()
        told.append(store.revoke_sync("a"))

    threads = [threading.Thread(target=revoke) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(told) == 1
    assert store.is_revoked_sync("a")


async def test_subscription():
    """A listener hears of what is revoked already and of everything after that, until it ends."""
    store, heard = InMemoryRevocation(), []
    await store.revoke("a", expires_at=5e9)
    end = store.subscribe(lambda *event: heard.append(event))
    await store.revoke("b", expires_at=6e9)
    await store.revoke_all("7", expires_at=7e9)
    store.clear()
    end()
    end()
    await store.revoke("c")

    assert heard[:2] == [("token", "a", 0.0, 5e9), ("token", "b", 0.0, 6e9)]
    assert (heard[2][:2], heard[2][3]) == (("user", "7"), 7e9)
    assert heard[3:] == [("clear", "", 0.0, 0.0)]


class Counting(InMemoryRevocation):
    """Counts questions, and raises while it is down."""

    asked = 0
    down = False

    async def is_revoked(self, jti, *, user_id=None, issued_at=None):
        self.asked += 1
        if self.down:
            raise ConnectionError("down")
        return await super().is_revoked(jti, user_id=user_id, issued_at=issued_at)


@pytest.fixture
def clock(monkeypatch):
    """The clock of the cache, moved by hand."""

    class Clock:
        now = 100.0

    from bolt_auth.revocation import cached

    class Time:
        monotonic = staticmethod(lambda: Clock.now)
        time = staticmethod(time.time)

    monkeypatch.setattr(cached, "time", Time)
    return Clock


async def test_cache_asks_once_in_its_staleness(clock):
    """A good token is asked about once in *staleness* seconds; what another process revokes is seen after that."""
    slow = Counting()
    cached = CachedRevocation(slow, staleness=5)
    for _ in range(10):
        assert not await cached.is_revoked("a")
    slow._tokens["a"] = time.time() + 60  # By another process: nothing is announced here.
    clock.now += 4.9
    assert not await cached.is_revoked("a")
    assert slow.asked == 1
    clock.now += 0.1
    assert await cached.is_revoked("a")


async def test_own_revocations_count_at_once(clock):
    """What is revoked through the cache is refused without waiting for it to go stale."""
    cached = CachedRevocation(Counting(), staleness=60)
    assert not await cached.is_revoked("a", user_id="7", issued_at=1)
    assert not await cached.is_revoked("b", user_id="7", issued_at=1)
    await cached.revoke("a")
    assert await cached.is_revoked("a", user_id="7", issued_at=1)
    await cached.revoke_all("7")
    assert await cached.is_revoked("b", user_id="7", issued_at=1)


async def test_revoked_while_it_was_asked(clock):
    """A token that is revoked while the store is still being asked about it is refused the next time."""
    slow = Counting()
    cached = CachedRevocation(slow, staleness=60)
    answer = slow.is_revoked

    async def late(jti, **claims):
        found = await answer(jti, **claims)
        await cached.revoke(jti)
        return found

    slow.is_revoked = late
    assert not await cached.is_revoked("a")
    assert await cached.is_revoked("a")


async def test_unreachable_store(clock):
    """A store that cannot be reached refuses by default, and lets pass where that is said; known answers stay."""
    slow = Counting()
    refusing, allowing = CachedRevocation(slow), CachedRevocation(slow, unreachable="allow")
    assert not await refusing.is_revoked("known")
    slow.down = True

    assert not await refusing.is_revoked("known")
    with pytest.raises(RevocationUnavailable):
        await refusing.is_revoked("a")
    assert not await allowing.is_revoked("a")
    slow.down = False
    await slow.revoke("a")
    assert await allowing.is_revoked("a")


async def test_redis_down_is_unavailable():
    """A Redis that nobody listens at is 503 behind the cache, not a pass."""
    pytest.importorskip("redis.asyncio", reason="the extra redis is not installed")
    store = RedisRevocation("redis://127.0.0.1:1/0")
    with pytest.raises(RevocationUnavailable):
        await CachedRevocation(store).is_revoked("a")
    await store.aclose()


@pytest.mark.parametrize("options", [{"staleness": -1}, {"unreachable": "shrug"}])
def test_options_of_the_cache(options):
    """Options that cannot work are refused."""
    with pytest.raises(ValueError, match=r"staleness|unreachable"):
        CachedRevocation(InMemoryRevocation(), **options)


async def test_cache_is_bounded(monkeypatch, clock):
    """Answers do not pile up: the oldest are forgotten and asked again."""
    from bolt_auth.revocation import cached as module

    monkeypatch.setattr(module, "CAPACITY", 10)
    cached = CachedRevocation(Counting())
    for number in range(100):
        await cached.is_revoked(str(number))
        await cached.revoke(f"r{number}")
    assert len(cached._good) <= 10
    assert await cached.is_revoked("r0")


async def test_what_the_store_itself_revokes_counts_at_once(clock):
    """A logout through the store is seen by the cache in front of it without waiting, where the store announces it."""
    store = InMemoryRevocation()
    cached, heard = CachedRevocation(store, staleness=60), []
    cached.subscribe(lambda *event: heard.append(event[:2]))
    assert not await cached.is_revoked("a")
    assert not await cached.is_revoked("b", user_id="7", issued_at=1)
    assert 59 < cached.good_for("a") <= 60
    await store.revoke("a")
    await store.revoke_all("7")

    assert cached.good_for("a") < 0
    assert await cached.is_revoked("a")
    assert await cached.is_revoked("b", user_id="7", issued_at=1)
    assert heard == [("token", "a"), ("user", "7")]
