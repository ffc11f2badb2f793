"""`manage.py bolt`: what a project serves, and how well it is configured."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from bolt_core.exceptions import ConfigError
from bolt_core.plan import HandlerPlan
from django.core.management.base import BaseCommand, CommandError

from bolt_django import discovery, project
from bolt_django.inspection import doctor, routes
from bolt_django.middleware import enclosure
from bolt_django.middleware.costs import costs


class Command(BaseCommand):
    """Looks at the project; `runbolt` serves it."""

    help = "Shows the project's routes (routes), or examines its configuration (doctor)."
    # `doctor` runs them itself and shows them among its findings.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the subcommands."""
        commands = parser.add_subparsers(dest="command", required=True, metavar="{routes,doctor}")
        table = commands.add_parser("routes", help="list the routes of all APIs")
        table.add_argument("--verbose", action="store_true", help="with file and line, and the middleware")
        table.add_argument("--json", action="store_true", help="as JSON, with everything")
        examined = commands.add_parser(
            "doctor", help="say what is configured, what it means and what to change; exit code 1 with errors"
        )
        examined.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *args: Any, **flags: Any) -> None:
        """Run the subcommand."""
        if flags["command"] == "routes":
            self._routes(verbose=flags["verbose"], as_json=flags["json"])
        else:
            self._doctor(as_json=flags["json"])

    def _routes(self, *, verbose: bool, as_json: bool) -> None:
        try:
            plans = project.join().freeze().routes
        except (discovery.DiscoveryError, ConfigError) as error:
            raise CommandError(str(error)) from error
        rows = routes.rows_of(plans, self._costs(plans) if verbose or as_json else {})
        if as_json:
            self.stdout.write(json.dumps([row.as_json() for row in rows], indent=2))
        elif rows:
            self.stdout.write(routes.table(rows, verbose=verbose))
        else:
            self.stderr.write("No route: put a BoltAPI into the project's api.py or an app's, or set BOLT_API.")

    def _costs(self, plans: Iterable[HandlerPlan]) -> dict[str, float]:
        """Of Django's middleware around *plans*; of the framework's own nobody knows what calling it would do."""
        found: dict[str, float] = {}
        # By what encloses them, as most routes are enclosed alike.
        for paths in {enclosure.paths_around(plan) for plan in plans}:
            found |= costs(paths)
        return found

    def _doctor(self, *, as_json: bool) -> None:
        findings = doctor.examine()
        if as_json:
            shown = [
                {"topic": one.topic, "level": one.level, "what": one.what, "change": one.change} for one in findings
            ]
            self.stdout.write(json.dumps(shown, indent=2))
        else:
            self.stdout.write(doctor.report(findings))
        if any(finding.level == "error" for finding in findings):
            sys.exit(1)
