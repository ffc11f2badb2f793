"""One run of the groups: servers start, cells take turns, servers end."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from benchmarks import cases, extras, load, servers
from benchmarks.apps import payloads
from benchmarks.cases import Case
from benchmarks.database import postgres
from benchmarks.database.groups import (
    CONNECTIONS,
    DATABASES,
    GROUPS,
    PARTS,
    POSTGRES,
    SLEEP,
    SLEEP_SECONDS,
    SLEEPERS,
    SLEEPING,
    Group,
)
from benchmarks.database.sleepers import burst_seconds
from benchmarks.measure import FAILURES, LOAD_CORE, SERVER_CORE, failed, measure, validate
from benchmarks.results import BASELINE, OURS, Results
from benchmarks.servers import Running, Server, Setting

BEFORE_SECONDS = 1


@dataclass(frozen=True)
class Plan:
    """What is to be measured, for how long (seconds a cell) and how often."""

    parts: tuple[str, ...]
    databases: tuple[str, ...]
    seconds: int
    rounds: int

    @property
    def full(self) -> bool:
        """Whether the run covers everything, so that its tables may replace the published ones."""
        whole = (self.parts, self.databases) == (tuple(PARTS), tuple(DATABASES))
        return whole and self.rounds >= 3 and self.seconds >= 2


@dataclass(frozen=True)
class Prepared:
    """A database with its users: how servers find it, and the cookie of one who may see the admin."""

    setting: Setting
    cookie: str


_LOG_IN = """
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("admin"))
print(client.cookies["sessionid"].value)
"""


def prepared(setting: Setting) -> Prepared:
    """Fill the database of *setting*: tables, users, an administrator's session."""
    whole = replace(setting, environment={**setting.environment, "BENCH_FULL": "1"})
    extras.prepare_database(whole, payloads.USER_COUNT)
    environment = servers.project_environment(whole)
    done = subprocess.run(
        [setting.ours, "-c", _LOG_IN], cwd=servers.ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return Prepared(setting, f"sessionid={done.stdout.strip()}")


@dataclass(frozen=True)
class Run:
    """What is measured over which databases, and what was found so far."""

    plan: Plan
    databases: Mapping[str, Prepared]
    results: Results

    def measure(self) -> None:
        """Everything of the plan that its databases allow."""
        for group in GROUPS:
            if group.key in self.plan.parts:
                for database in group.databases:
                    if database in self.databases:
                        self._group(group, database)
        if SLEEP in self.plan.parts and POSTGRES in self.databases:
            for server, path in SLEEPING:
                self._sleep(server, path)

    def _group(self, group: Group, database: str) -> None:
        """Every case on every server, A B C … A B C …; the servers stay up and only one is loaded at a time."""
        prepared = self.databases[database]
        with ExitStack() as stack:
            up = []
            for server in group.servers:
                own = _own(prepared.setting, f"{group.key}-{database}-{server.key}")
                core = SERVER_CORE if group.pinned else None
                up.append(stack.enter_context(servers.running(server, own, core=core)))
            for number in range(1, self.plan.rounds + 1):
                for case in group.cases:
                    sent = replace(case, fields={"Cookie": prepared.cookie}) if group.logged_in else case
                    self._case(group, sent, database, number, up)

    def _case(self, group: Group, case: Case, database: str, number: int, up: Sequence[Running]) -> None:
        baseline = self._baseline(group, case, database, up)
        for running in up:
            if case.key in running.server.lacks:
                continue
            try:
                self._cell(group, case, database, number, running, baseline)
            except FAILURES as error:
                failed(self.results, f"{case.key} on {running.server.label}, {DATABASES[database]}: {error}")

    def _baseline(self, group: Group, case: Case, database: str, up: Sequence[Running]) -> float:
        """CPU seconds of what the case is compared with, a moment before; 0 where that is another cell."""
        setting = self.databases[database].setting
        if group.baseline == "in-process":
            return extras.in_process_seconds(setting, case.key, self.plan.seconds, core=SERVER_CORE)
        if group.baseline == "nginx":
            nginx = next(running for running in up if running.server.key == BASELINE)
            return measure(nginx, cases.BY_KEY["hello"], self.plan.seconds, setting.folder).cpu
        return 0.0

    def _cell(self, group: Group, case: Case, database: str, number: int, running: Running, baseline: float) -> None:
        key = group.cell(case, database)
        folder, core = self.databases[database].setting.folder, LOAD_CORE if group.pinned else None
        if number == 1:
            validate(running, case)
        if group.before is not None:
            load.run(group.before, running.port, seconds=BEFORE_SECONDS, core=core, folder=folder)
        found = measure(running, case, self.plan.seconds, folder, core=core)
        self.results.samples.append(found.sample(key, running.server.key, number, baseline))
        beside = f"({found.cpu / baseline:6.2f})" if baseline else ""
        print(
            f"round {number}  {key:<42} {running.server.key:<14} {found.cpu * 1e6:8.1f} µs/request "
            f"{beside:<8} {found.rate:7.0f}/s  median {found.latency * 1e3:.2f} ms, p99 {found.p99 * 1e3:.2f} ms",
            flush=True,
        )

    def _sleep(self, server: Server, path: str) -> None:
        """Queries that sleep, on a server whose connections are open."""
        setting, extra = self.databases[POSTGRES].setting, self.results.extras
        own = _own(setting, f"{SLEEP}-{server.key}")
        with servers.running(server, own, core=SERVER_CORE) as running:
            try:
                burst_seconds(running.port, f"{path}?seconds=0.02", SLEEPERS)
                for _ in range(self.plan.rounds):
                    took = burst_seconds(running.port, f"{path}?seconds={SLEEP_SECONDS}", SLEEPERS)
                    extra[SLEEP][server.key].append(took)
                count = postgres.connections(setting.environment["BENCH_POSTGRES"])
            except FAILURES as error:
                failed(self.results, f"{SLEEP} on {server.label}: {error}")
                return
        extra["connections"][server.key].append(count)
        print(f"{SLEEP:<8} {server.key:<14} {extra[SLEEP][server.key][-1]:.2f} s, {count} connections", flush=True)
        if server.key == OURS and count > CONNECTIONS:
            failed(self.results, f"{SLEEP} on {server.label}: {count} connections, not {CONNECTIONS}")


def _own(setting: Setting, name: str) -> Setting:
    """*setting* for one server: a port and a folder that no other has."""
    return replace(setting, port=servers.free_port(), folder=setting.folder / name)
