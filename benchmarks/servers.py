"""The servers under measurement: how each is started with one worker and no access log, watched and ended."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.apps import payloads
from benchmarks.pinning import pinned

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 5.0
_NO_ASYNC = frozenset({"orm-async", "sleep"})
# Who calls is checked in each framework by another library; only beside nginx is there something to compare.
_NO_AUTH = frozenset(f"auth-{what}" for what in ("hs256", "claims", "es256", "eddsa", "refused", "key"))
_NO_ORM = frozenset({"orm-def", "orm-async"})
# Uploads in multipart, a list of every error: what a protocol without a framework does not have.
_NO_FORMS = frozenset({"invalid", "upload-1m", "transfers"})

NGINX_CONF = """\
{user}
daemon off;
pid nginx.pid;
error_log stderr error;
worker_processes 1;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  open_file_cache max=10;
  default_type application/json;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /hello {{ return 200 '{hello}'; }}
    location /items/ {{ return 200 '{item}'; }}
    location /search {{ return 200 '{search}'; }}
    location /report {{ root .; }}
    location = /file {{ alias {file}; sendfile on; tcp_nopush on; }}
  }}
}}
"""


class ServerError(Exception):
    """A server cannot be started; the message says why in one line."""


@dataclass(frozen=True)
class Setting:
    """Where a server is started: its port, a folder for its files, the two interpreters."""

    port: int
    folder: Path
    database: Path
    # The environment of the workspace, and the one that the other frameworks are installed in.
    ours: str = sys.executable
    theirs: str = sys.executable
    # What the project's settings read beside the paths below.
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The file of 1 MB that every server gives."""
        return self.database.with_name("photo.bin")

    @property
    def huge_file(self) -> Path:
        """A file of 2 GB, in which nothing is written."""
        return self.database.with_name("huge.bin")


@dataclass(frozen=True)
class Server:
    """One framework on its server: `command` builds what is started, `lacks` are the cases that it has no answer to."""

    key: str
    label: str
    command: Callable[[Setting], list[str]]
    lacks: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/hello"


def _nginx(setting: Setting) -> list[str]:
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise ServerError("nginx is not installed; install it with the system's package manager")
    (setting.folder / "report").write_bytes(payloads.encoded(payloads.REPORT))
    item = payloads.encoded({"item_id": 42, "q": "laptop", "page": 3}).decode()
    hello = payloads.encoded(payloads.HELLO).decode()
    # Started by root, nginx would read its files as `nobody`, who may not enter a temporary folder.
    user = "user root;" if os.geteuid() == 0 else ""
    answers = {"hello": hello, "item": item, "search": payloads.encoded(payloads.SEARCH).decode()}
    conf = NGINX_CONF.format(user=user, port=setting.port, file=setting.file, **answers)
    (setting.folder / "nginx.conf").write_text(conf)
    return [binary, "-p", str(setting.folder), "-c", "nginx.conf", "-e", "stderr"]


def bolt(setting: Setting) -> list[str]:
    arguments = ["--host", "127.0.0.1", "--port", str(setting.port), "--no-access-log"]
    return [setting.ours, "-m", "django", "runbolt", *arguments]


def uvicorn(application: str) -> Callable[[Setting], list[str]]:
    def command(setting: Setting) -> list[str]:
        options = ["--host", "127.0.0.1", "--port", str(setting.port), "--no-access-log", "--log-level", "warning"]
        faster = ["--loop", "uvloop", "--http", "httptools", "--backlog", "4096", "--timeout-keep-alive", "600"]
        return [setting.theirs, "-m", "uvicorn", application, *options, *faster]

    return command


def _granian(setting: Setting) -> list[str]:
    options = ["--interface", "rsgi", "--host", "127.0.0.1", "--port", str(setting.port), "--workers", "1"]
    options += ["--no-access-log", "--log-level", "warning", "--http", "1", "--loop", "uvloop"]
    # Its bound on connections served at once is its backlog, and 10,000 are to be idle.
    options += ["--backlog", "16384", "--backpressure", "16384"]
    return [setting.theirs, "-m", "granian", *options, "benchmarks.apps.granian_app:app"]


def gunicorn(setting: Setting) -> list[str]:
    # The threaded worker is the one that keeps connections alive; others would be measured at opening sockets.
    options = ["--bind", f"127.0.0.1:{setting.port}", "--workers", "1", "--worker-class", "gthread", "--threads", "4"]
    options += ["--keep-alive", "600", "--worker-connections", "20000", "--log-level", "warning"]
    return [setting.theirs, "-m", "gunicorn", *options, "benchmarks.apps.site.wsgi"]


SERVERS = (
    Server(
        "nginx",
        "nginx",
        _nginx,
        lacks=_NO_ORM | _NO_FORMS | _NO_AUTH | {"sleep", "stream", "body", "body-11k", "hello-def", "spin", "startup"},
    ),
    Server("bolt", "django-bolt", bolt, environment={"BENCH_FRAMEWORK": "bolt"}),
    Server("granian", "granian (RSGI)", _granian, lacks=_NO_ORM | _NO_FORMS | _NO_AUTH | {"hello-def", "spin"}),
    Server("fastapi", "FastAPI, uvicorn", uvicorn("benchmarks.apps.fastapi_app:app"), lacks=_NO_ORM | _NO_AUTH),
    Server(
        "ninja",
        "Django Ninja, uvicorn",
        uvicorn("benchmarks.apps.site.asgi:application"),
        lacks=_NO_AUTH | {"idle", "transfers"},
        environment={"BENCH_FRAMEWORK": "ninja"},
    ),
    Server(
        "drf",
        "DRF, gunicorn",
        gunicorn,
        # Its list of errors has another shape and another status.
        lacks=_NO_ASYNC | _NO_AUTH | {"idle", "invalid", "transfers"},
        environment={"BENCH_FRAMEWORK": "drf"},
    ),
)
BY_KEY = {server.key: server for server in SERVERS}


@dataclass(frozen=True)
class Running:
    """A server that answers on `port`; `pid` is the root of its process tree."""

    server: Server
    pid: int
    port: int
    # From the start of the process to the first answer.
    start_seconds: float


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(server: Server, setting: Setting, *, core: int | None) -> Iterator[Running]:
    """Start *server*, wait until it answers, end its whole process group afterwards; *core* None leaves it unpinned."""
    setting.folder.mkdir(parents=True, exist_ok=True)
    environment = {**project_environment(setting), **server.environment}
    log = setting.folder / "output.log"
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*pinned(core), *server.command(setting)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        _wait_until_ready(server, process, setting.port, log)
        yield Running(server, process.pid, setting.port, time.perf_counter() - started)
    finally:
        _end(process)


def project_environment(setting: Setting) -> dict[str, str]:
    """This process's environment, in which the benchmark's applications find their database and their files."""
    project = {"DJANGO_SETTINGS_MODULE": "benchmarks.apps.site.settings", "BENCH_DATABASE": str(setting.database)}
    files = {"BENCH_FILE": str(setting.file), "BENCH_HUGE_FILE": str(setting.huge_file)}
    # Uploads that are spooled go where this run cleans up.
    places = {"TMPDIR": str(setting.folder), "PYTHONPATH": str(ROOT)}
    return {**os.environ, **project, **files, **setting.environment, **places}


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.perf_counter() + START_SECONDS
    while process.poll() is None and time.perf_counter() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", server.ready_path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass  # Not listening yet.
        finally:
            connection.close()
        time.sleep(0.005)
    tail = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise ServerError(f"{server.label} did not answer on {server.ready_path}: {' / '.join(tail) or 'no output'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    # Workers that outlived their parent; no group is left where all went well.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
