"""What a loop of one request does not show: a busy `def` handler beside it, idle connections, start-up, the ORM."""

import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import cases, load, procfs, servers
from benchmarks.pinning import pinned
from benchmarks.servers import Running, Server, Setting

IDLE_CONNECTIONS = 10_000
SPIN_CONNECTIONS = 8
_HELLO = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def spin_median(running: Running, *, seconds: int, core: int, folder: Path) -> float:
    """Median latency in seconds of hello under 8 connections while one `def` handler computes all the time."""
    url = f"http://127.0.0.1:{running.port}/spin?seconds={seconds + 1}"
    spinning = threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=seconds + 30).read())
    spinning.start()
    _wait_until_busy(running.pid)
    case = replace(cases.BY_KEY["hello"], key="spin", connections=SPIN_CONNECTIONS)
    try:
        return load.run(case, running.port, seconds=seconds, core=core, folder=folder).median
    finally:
        spinning.join()


def _wait_until_busy(pid: int) -> None:
    """Return once the process tree of *pid* computes: the spinning handler has begun."""
    before, end = procfs.cpu_seconds(pid), time.perf_counter() + 5
    while procfs.cpu_seconds(pid) < before + 0.1:
        if time.perf_counter() > end:
            raise load.LoadError("the spinning handler never began")
        time.sleep(0.01)


def idle_bytes(running: Running, count: int = IDLE_CONNECTIONS) -> float:
    """Resident memory of the server per connection that had one reply and now waits."""
    with ExitStack() as stack:
        # The first ones pay for what is allocated once.
        for _ in range(64):
            stack.enter_context(_answered(running.port))
        before = procfs.resident_bytes(running.pid)
        for _ in range(count):
            stack.enter_context(_answered(running.port))
        return (procfs.resident_bytes(running.pid) - before) / count


def _answered(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(_HELLO)
    seen = b""
    while not seen.endswith(b'World!"}'):
        received = connection.recv(4096)
        if not received:
            raise load.LoadError(f"the server closed a connection that was to stay idle, after {seen!r}")
        seen += received
    return connection


def start_seconds(server: Server, setting: Setting, *, core: int) -> float:
    """From the start of *server* with 300 routes to its first answer."""
    environment = {**server.environment, "BENCH_BOLT_API": "benchmarks.apps.site.many_routes.api"}
    with servers.running(replace(server, environment=environment), setting, core=core) as started:
        return started.start_seconds


_DJANGO_ALONE = """
import django
django.setup()
from django.core.handlers.wsgi import WSGIHandler
from django.urls import get_resolver
WSGIHandler()
get_resolver().url_patterns
"""


def django_seconds(setting: Setting, *, core: int) -> float:
    """What Django itself takes to be ready in the same project: settings, apps, middleware, URLs."""
    command = [*pinned(core), setting.ours, "-c", _DJANGO_ALONE]
    started = time.perf_counter()
    subprocess.run(command, cwd=servers.ROOT, env=servers.project_environment(setting), check=True)
    return time.perf_counter() - started


def in_process_seconds(setting: Setting, case: str, seconds: float, *, core: int) -> float:
    """CPU time of one call of what *case* does by itself in a plain Python loop."""
    command = [*pinned(core), setting.ours, "-m", "benchmarks.apps.site.in_process"]
    environment = servers.project_environment(setting)
    result = subprocess.run(
        [*command, case, str(seconds)], cwd=servers.ROOT, env=environment, check=True, capture_output=True
    )
    return float(result.stdout)


def prepare_database(setting: Setting, count: int) -> None:
    """Fill the database of the ORM cases, SQLite's unless the setting says otherwise, with *count* users."""
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from django.contrib.auth.models import User\n"
        "call_command('migrate', verbosity=0)\n"
        f"User.objects.bulk_create(User(username=f'user{{n}}') for n in range(1, {count} + 1))\n"
    )
    environment = servers.project_environment(setting)
    subprocess.run([setting.ours, "-c", code], cwd=servers.ROOT, env=environment, check=True)
