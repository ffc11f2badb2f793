"""`manage.py clearrevokedtokens`: removes what need not be remembered any longer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bolt_django.tokens.models import RevokedToken, RevokedUser


class Command(BaseCommand):
    """To be run now and then, as `clearsessions` is."""

    help = "Removes revocations whose tokens have expired anyway."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument("--batch", type=int, default=1000, help="rows removed at a time (default 1000)")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")

    def handle(self, *args: Any, batch: int, dry_run: bool, **options: Any) -> None:
        """Remove them in batches, so that no lock is held for long."""
        if batch < 1:
            raise CommandError("--batch must be 1 or more")
        now = timezone.now()
        for model in (RevokedToken, RevokedUser):
            expired = model._default_manager.filter(expires_at__lte=now)
            count = expired.count()
            while not dry_run and (keys := list(expired.values_list("pk", flat=True)[:batch])):
                model._default_manager.filter(pk__in=keys).delete()
            word = "would be removed" if dry_run else "removed"
            self.stdout.write(f"{model._meta.verbose_name_plural}: {count} {word}")
