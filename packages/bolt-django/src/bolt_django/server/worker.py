"""One serving process: the only one, or one of a supervisor's."""

import gc
import os
import signal
import socket
from collections.abc import Callable, Sequence

from bolt_core.config import ServerConfig
from bolt_core.server import Announce

from bolt_django import db
from bolt_django.project import Project, serve
from bolt_django.server import stopping
from bolt_django.server.parent import stop_with_parent
from bolt_django.server.supervisor import Supervisor, Worker


def run_alone(project: Project, sockets: Sequence[socket.socket], config: ServerConfig) -> int:
    """Serve in this process; returns the exit code.

    One process needs no supervisor: whatever started it (systemd, a container, a shell) sees its end and its signals
    directly, and it costs no second interpreter's memory.
    """
    _settle()
    serve(project, sockets, config, Announce(obeys_signals=stopping.release))
    return 0


def run_supervised(
    project: Project, sockets: Sequence[socket.socket], count: int, config: ServerConfig, report: Callable[[str], None]
) -> int:
    """Serve from *count* forked workers, with one socket each, or one for all; returns the exit code.

    Also returns in every worker, once it has served.
    """
    _settle()
    # A connection shared over a fork would be two processes' talk on one wire.
    db.close_all()

    def stop_listening() -> None:
        for sock in sockets:
            sock.close()

    supervisor = Supervisor(
        count, shutdown_timeout=config.shutdown_timeout, report=report, stop_listening=stop_listening
    )
    outcome = supervisor.run()
    if isinstance(outcome, int):
        return outcome
    _work(outcome, project, sockets, config)
    return 0


def _settle() -> None:
    """What has been imported stays: spare the collector from walking it and, after a fork, its pages from copying."""
    gc.collect()
    gc.freeze()


def _work(worker: Worker, project: Project, sockets: Sequence[socket.socket], config: ServerConfig) -> None:
    # Out of the terminal's group: Ctrl-C reaches the supervisor alone, which tells the workers.
    os.setpgid(0, 0)
    own = sockets[worker.slot % len(sockets)]
    for other in sockets:
        if other is not own:
            other.close()
    stop_with_parent(worker.alive_fd, config.shutdown_timeout)

    def obeys_signals() -> None:
        _take_first_signal_only()
        stopping.release()

    serve(project, [own], config, Announce(obeys_signals=obeys_signals, ready=worker.report_ready))


def _take_first_signal_only() -> None:
    """Let a repeated stop signal pass: service managers signal the whole group while the supervisor does so, too.

    Only the supervisor ends a worker at once, by SIGKILL. The loop learns of a signal from the wake-up descriptor, so
    replacing the handler that Python runs beside it takes nothing away.
    """

    def ignore_from_now(number: int, frame: object) -> None:
        for each in stopping.STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)

    for number in stopping.STOP_SIGNALS:
        signal.signal(number, ignore_from_now)
