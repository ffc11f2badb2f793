"""What is measured: groups of cells that take turns, and django-bolt's targets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from benchmarks import cases, servers
from benchmarks.apps import payloads
from benchmarks.apps.middleware import ALL, STACKS
from benchmarks.cases import Case
from benchmarks.results import BASELINE, OURS
from benchmarks.servers import Server, bolt, gunicorn, uvicorn

THREADS, GUNICORN, UVICORN, NINJA = "bolt-threads", "gunicorn", "uvicorn", "ninja"
GUNICORN_FULL, UVICORN_FULL = "gunicorn-full", "uvicorn-full"
SQLITE, POSTGRES = "sqlite", "postgres"
DATABASES = {SQLITE: "SQLite", POSTGRES: "PostgreSQL"}

# How many connections the queries that sleep share.
CONNECTIONS = 16
SLEEP_SECONDS, SLEEPERS = 0.2, 64
SLEEP_TARGET, P99_TARGET, HOP_TARGET, ADMIN_TARGET, STACK_TARGET = 1.2, 3.0, 0.8, 1.05, 60.0

_USER = {"id": payloads.USER_PK, "name": f"user{payloads.USER_PK}"}
_PK = payloads.USER_PK
LIST_DEF, LIST_ASYNC = cases.BY_KEY["orm-def"], cases.BY_KEY["orm-async"]
GET_DEF = Case(
    key="get-def", title="ORM, one user by key, `def`", path=f"/orm/def/{_PK}", target=LIST_DEF.target, answer=_USER
)
GET_ASYNC = Case(
    key="get-async",
    title="ORM, one user by key, `async def`",
    path=f"/orm/async/{_PK}",
    target=LIST_ASYNC.target,
    answer=_USER,
)
ORM = (GET_DEF, LIST_DEF, GET_ASYNC, LIST_ASYNC)

WAYS = {
    "one-thread": "`sync_to_async`, asgiref's one thread",
    "pool": "`sync_to_async`, a pool of 16 threads",
    "to-thread": "`asyncio.to_thread`",
}


def hop(case: Case, way: str) -> Case:
    """*case* with its ORM call on a thread, by one of WAYS."""
    path = f"/hop/{way}" + (f"/{_PK}" if case is GET_ASYNC else "")
    return Case(key=f"{case.key}-{way}", title=f"{case.title}, {WAYS[way]}", path=path, answer=case.answer)


HOPS = tuple(hop(case, way) for case in (GET_ASYNC, LIST_ASYNC) for way in WAYS)

# The ten users, and the one who looks.
ADMIN = Case(
    key="admin",
    title="admin, list of users",
    path="/admin/auth/user/",
    answer=re.compile(rf"user{_PK}</a>.*{payloads.USER_COUNT + 1} users", re.DOTALL),
)


# How a handler of each kind is written.
KINDS = {"def": "`def`", "async": "`async def`"}


def behind(stack: str, kind: str) -> Case:
    """Hello behind a *stack* of Django's middleware, in a handler of *kind*."""
    title = f"hello behind middleware, {stack}, {KINDS[kind]}"
    return Case(key=f"{stack}-{kind}", title=title, path=f"/behind/{stack}/{kind}", answer=payloads.HELLO)


BEHIND = tuple(behind(stack, kind) for kind in KINDS for stack in STACKS)
HELLO_DEF = cases.BY_KEY["hello-def"]


def _keys(found: Iterable[Case]) -> frozenset[str]:
    return frozenset(case.key for case in found)


_SITE = "benchmarks.apps.site"
_OF_BOLT = {"BENCH_FRAMEWORK": "bolt"}
_ON_THREADS = {**_OF_BOLT, "BENCH_ASYNC_ORM": "threads"}
_OF_DJANGO = {"BENCH_FRAMEWORK": "django"}
_FULL = {"BENCH_FULL": "1"}
_POOLED = {"BENCH_POOL": str(CONNECTIONS)}
_ASGI = uvicorn(f"{_SITE}.asgi:application")
_DEFS, _ASYNCS = _keys([GET_DEF, LIST_DEF]), _keys([GET_ASYNC, LIST_ASYNC])

OF_BOLT = Server(OURS, "django-bolt", bolt, environment=_OF_BOLT)
OF_THREADS = Server(THREADS, 'django-bolt, `ASYNC_ORM="threads"`', bolt, lacks=_DEFS, environment=_ON_THREADS)
OF_GUNICORN = Server(GUNICORN, "Django, gunicorn", gunicorn, lacks=_ASYNCS, environment=_OF_DJANGO)
OF_UVICORN = Server(UVICORN, "Django async, uvicorn", _ASGI, lacks=_DEFS, environment={**_OF_DJANGO, **_POOLED})
OF_NINJA = Server(NINJA, "Django Ninja, uvicorn", _ASGI, environment={"BENCH_FRAMEWORK": "ninja", **_POOLED})

_HOPPING = {**_OF_BOLT, "BENCH_BOLT_API": f"{_SITE}.bolt_api.api,{_SITE}.hops_api.api"}
_STACKED = {**_OF_BOLT, **_FULL, "BENCH_BOLT_API": ",".join(f"{_SITE}.stacks_api.{stack}" for stack in STACKS)}


def _only(*keys: str) -> frozenset[str]:
    """What a server lacks among BEHIND that has but *keys*."""
    return _keys(BEHIND) - set(keys)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Cells measured in turn: `cases` on `servers`, over each of `databases`.

    `baseline` is measured before each case. `before` is loaded for a second before each cell of the servers that have
    it. Where `pinned` is false, server and load may use every core.
    """

    key: str
    servers: tuple[Server, ...]
    cases: tuple[Case, ...]
    databases: tuple[str, ...] = tuple(DATABASES)
    baseline: Literal["in-process", "nginx", "none"] = "none"
    before: Case | None = None
    pinned: bool = True
    logged_in: bool = False

    def cell(self, case: Case, database: str) -> str:
        """How the samples of *case* over *database* are called."""
        return cell(case, database) if self.pinned else unpinned(case, database)


GROUPS = (
    Group(
        key="orm",
        servers=(OF_BOLT, OF_THREADS, OF_GUNICORN, OF_UVICORN, OF_NINJA),
        cases=ORM,
        baseline="in-process",
    ),
    Group(
        key="hops",
        servers=(
            Server(OURS, "django-bolt", bolt, environment=_HOPPING),
            Server(THREADS, OF_THREADS.label, bolt, lacks=_keys(HOPS), environment=_ON_THREADS),
        ),
        # In another order than ORM's: all ways of one kind one after the other.
        cases=(GET_ASYNC, *HOPS[: len(WAYS)], LIST_ASYNC, *HOPS[len(WAYS) :]),
        databases=(POSTGRES,),
        pinned=False,
    ),
    Group(
        key="admin",
        servers=(
            Server(OURS, "django-bolt", bolt, environment={**_OF_BOLT, **_FULL}),
            Server(GUNICORN_FULL, "Django, gunicorn", gunicorn, environment={**_OF_DJANGO, **_FULL}),
        ),
        cases=(ADMIN,),
        logged_in=True,
    ),
    Group(
        key="middleware",
        servers=(
            Server(OURS, "django-bolt", bolt, environment=_STACKED, ready_path="/behind/none/def"),
            Server(GUNICORN, "Django, gunicorn", gunicorn, _only("none-def"), _OF_DJANGO),
            Server(GUNICORN_FULL, "Django, gunicorn", gunicorn, _only(f"{ALL}-def"), {**_OF_DJANGO, **_FULL}),
            Server(UVICORN, "Django async, uvicorn", _ASGI, _only("none-async"), _OF_DJANGO),
            Server(UVICORN_FULL, "Django async, uvicorn", _ASGI, _only(f"{ALL}-async"), {**_OF_DJANGO, **_FULL}),
        ),
        cases=BEHIND,
        databases=(SQLITE,),
    ),
    Group(
        key="hello",
        servers=(servers.BY_KEY[BASELINE], OF_BOLT),
        cases=(HELLO_DEF,),
        baseline="nginx",
        before=LIST_DEF,
    ),
)
# Each alone on the machine, with as many connections; the path of the handler that asks for the sleep.
_WORKERS = {"BENCH_WORKERS": str(CONNECTIONS)}
SLEEPING = (
    (Server(OURS, OF_BOLT.label, bolt, environment={**_OF_BOLT, **_WORKERS}), "/orm/sleep"),
    (Server(THREADS, OF_THREADS.label, bolt, environment={**_ON_THREADS, **_WORKERS}), "/orm/sleep"),
    (OF_GUNICORN, "/orm/sleep-def"),
    (OF_UVICORN, "/orm/sleep"),
    (OF_NINJA, "/orm/sleep"),
)
SLEEP = "sleep"
# Which databases each part is measured over.
PARTS = {**{group.key: group.databases for group in GROUPS}, SLEEP: (POSTGRES,)}
LABELS = {server.key: server.label for server in (OF_BOLT, OF_THREADS, OF_GUNICORN, OF_UVICORN, OF_NINJA)}


def cell(case: Case, database: str) -> str:
    """How the samples of *case* over *database* are called."""
    return f"{case.key}@{database}"


def unpinned(case: Case, database: str) -> str:
    """The same where server and load may use every core."""
    return f"{cell(case, database)}-unpinned"
