"""`manage.py bolt_tokens`: care for the tables of revoked tokens and API keys."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from bolt_django.tokens.cleaning import expired


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:
        raise ArgumentTypeError(f"{text!r} is no whole number from 1 to 1,000,000")
    return int(text)


class Command(BaseCommand):
    """Deletes what is over."""

    help = "Deletes expired rows of revoked tokens and users (cleanup); run it daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the subcommand."""
        commands = parser.add_subparsers(dest="command", required=True, metavar="{cleanup}")
        cleanup = commands.add_parser("cleanup", help="delete expired rows")
        cleanup.add_argument("--batch", type=_positive, default=1000, help="rows deleted at a time; 1000 by default")
        cleanup.add_argument("--dry-run", action="store_true", help="only count them")
        cleanup.add_argument("--database", choices=list(connections), help="an alias; by default the routers say")
        cleanup.add_argument(
            "--keys-after",
            type=_positive,
            metavar="DAYS",
            help="delete API keys, too, that have been expired or revoked for so many days; none by default",
        )

    def handle(self, *args: Any, **flags: Any) -> None:
        """Delete, or count."""
        days = flags["keys_after"]
        keys_after = None if days is None else datetime.timedelta(days=days)
        for found in expired(flags["database"], keys_after):
            count = found.rows().count() if flags["dry_run"] else sum(found.delete(flags["batch"]))
            done = "would be deleted" if flags["dry_run"] else "deleted"
            self.stdout.write(f"{found.model._meta.verbose_name_plural}: {count} {done}")
