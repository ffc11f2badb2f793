"""`manage.py bolt`: what a project serves, and how well it is configured."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bolt_django import discovery
from bolt_django.inspection import doctor, routes


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
            apis = discovery.find_apis()
        except discovery.DiscoveryError as error:
            raise CommandError(str(error)) from error
        rows = routes.rows_of(plan for api in apis for plan in api.routes)
        if as_json:
            self.stdout.write(json.dumps([row.as_json() for row in rows], indent=2))
        elif rows:
            self.stdout.write(routes.table(rows, verbose=verbose))
        else:
            self.stderr.write("No route: put a BoltAPI into the project's api.py or an app's, or set BOLT_API.")

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
