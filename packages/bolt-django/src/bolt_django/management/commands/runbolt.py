"""`manage.py runbolt`: serve the project."""

import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from bolt_core.config import ServerConfig
from bolt_core.exceptions import ConfigError
from bolt_core.lifespan import LifespanError
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, SystemCheckError

from bolt_django import conf, options, project
from bolt_django.discovery import DiscoveryError, one_line
from bolt_django.server import reload, stopping
from bolt_django.server.banner import banner, template_dirs
from bolt_django.server.parent import stop_with_parent
from bolt_django.server.sockets import ListenError, SocketFile, open_tcp, open_unix, url_of


class Command(BaseCommand):
    """Serves Bolt routes and everything else of the project from one server."""

    help = "Serves the project: its Bolt APIs, and Django's own URLs for every other path."
    # Run by hand, once the mode is known: under --dev a broken project must not end the reloader.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the run options and Django's usual --skip-checks."""
        options.add_arguments(parser)
        parser.add_argument("--skip-checks", action="store_true", help="start without the system checks")

    def handle(self, *args: Any, **flags: Any) -> None:
        """Serve until told to stop; ends the process with its exit code."""
        for check_id, problem in conf.problems():
            raise CommandError(f"({check_id}) {problem}")
        try:
            run = options.resolve(flags, os.environ, conf.bolt_settings())
            config = project.server_config(run, terminal=sys.stderr.isatty())
        except (options.OptionError, ConfigError) as error:
            raise CommandError(str(error)) from error
        self._loud = run.dev or flags["verbosity"] > 1
        if run.dev and not reload.is_child():
            code = self._reload(run, config)
        else:
            code = self._serve(run, config, skip_checks=flags["skip_checks"])
        if code:
            sys.exit(code)

    def _reload(self, run: options.RunOptions, config: ServerConfig) -> int:
        try:
            watch = reload.load_watch()
        except reload.MissingWatcher as error:
            raise CommandError(str(error)) from error
        sockets, file = self._open(run)
        paths = reload.source_paths([Path(app.path) for app in apps.get_app_configs()], template_dirs())
        reloader = reload.Reloader(
            reload.command_line(), sockets[0], timeout=config.shutdown_timeout, report=self._report
        )
        try:
            return reloader.run(watch, paths)
        finally:
            if file is not None:
                file.remove()

    def _serve(self, run: options.RunOptions, config: ServerConfig, *, skip_checks: bool) -> int:
        from bolt_django.server import worker

        inherited = reload.inherited() if reload.is_child() else None
        if inherited is not None:
            stop_with_parent(inherited[1], config.shutdown_timeout)
        loaded = self._load(skip_checks=skip_checks)
        if inherited is not None:
            sockets, file = [inherited[0]], None
        else:
            sockets, file = self._open(run)
        owner = os.getpid()
        # Once the address is printed, a stop signal finds the server stopping in order, however early it comes.
        stopping.hold()
        try:
            self._say(banner(sorted({url_of(sock) for sock in sockets}), run.processes, config, dev=run.dev))
            if run.processes == 1:
                return worker.run_alone(loaded, sockets, config)
            return worker.run_supervised(loaded, sockets, run.processes, config, self._report)
        except LifespanError as error:
            # What it raised is in the log, with its traceback.
            raise CommandError(str(error)) from error
        finally:
            # Workers come through here as well; the file is their parent's.
            if file is not None and os.getpid() == owner:
                file.remove()

    def _load(self, *, skip_checks: bool) -> project.Project:
        try:
            # First: a mistake in an API is one line here, and in the checks one error among others.
            loaded = project.build()
            if not skip_checks:
                self.check()
            return loaded
        except SystemCheckError:
            raise
        except DiscoveryError as error:
            raise self._failure(str(error), error.__cause__ or error) from error
        except Exception as error:
            # Whatever else the project's own modules raise while URLs and middleware are loaded.
            told = str(error) if isinstance(error, ImproperlyConfigured) else one_line(error)
            raise self._failure(f"cannot load the project: {told}", error) from error

    def _failure(self, message: str, error: BaseException) -> Exception:
        """One line; for a developer the traceback as well."""
        if self._loud:
            import traceback

            self.stderr.write("".join(traceback.format_exception(error)), lambda text: text)
        return CommandError(message)

    def _open(self, run: options.RunOptions) -> tuple[list[socket.socket], SocketFile | None]:
        if run.processes > 1 and not hasattr(os, "fork"):
            raise CommandError("--processes needs fork(), which this platform lacks; leave it at 1")
        try:
            if run.uds is not None:
                return [open_unix(run.uds, backlog=run.backlog)], SocketFile(run.uds)
            return open_tcp(run.host, run.port, count=run.processes, backlog=run.backlog), None
        except ListenError as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _report(self, line: str) -> None:
        """An event of the supervisor or the reloader, on stderr, where the access log and errors go."""
        self.stderr.write(f"[bolt {os.getpid()}] {line}", lambda text: text)
        self.stderr.flush()
