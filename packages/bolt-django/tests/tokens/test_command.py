"""`manage.py bolt_tokens cleanup`."""

import datetime
import io
from typing import Any

import pytest
from bolt_django.revocation import DjangoORMRevocation
from bolt_django.tokens import cleaning
from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone


def cleanup(*args: str) -> list[str]:
    """What the command prints."""
    out = io.StringIO()
    call_command("bolt_tokens", "cleanup", *args, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def rows(db: None, clock: Any) -> None:
    """Seven tokens and three users whose time is over, two of each whose is not; keys of every kind."""
    store = DjangoORMRevocation()
    for number in range(9):
        store.revoke_sync(f"t{number}", expires_at=clock.now + (10 if number < 7 else 100))
    for number in range(5):
        store.revoke_all_sync(str(number), expires_at=clock.now + (10 if number < 3 else 100))
    past = timezone.now() - datetime.timedelta(days=30)
    for name, values in {"good": {}, "over": {"expires_at": past}, "revoked": {"revoked_at": past}}.items():
        APIKey.objects.filter(pk=APIKey.objects.create_key(name)[0].pk).update(**values)
    clock.now += 50


def left() -> tuple[list[str], list[str], list[str]]:
    """Names of tokens, users and keys."""
    tokens = sorted(row.jti for row in RevokedToken.objects.all())
    users = sorted(row.user_id for row in RevokedUser.objects.all())
    return tokens, users, sorted(row.name for row in APIKey.objects.all())


@pytest.mark.parametrize("args", [(), ("--batch", "3"), ("--batch", "1"), ("--batch", "7"), ("--database", "default")])
def test_what_is_over_goes(rows: None, args: tuple[str, ...]) -> None:
    """In batches of any size, all of it; keys stay."""
    assert cleanup(*args) == ["revoked tokens: 7 deleted", "users with revoked tokens: 3 deleted"]
    assert left() == (["t7", "t8"], ["3", "4"], ["good", "over", "revoked"])
    assert cleanup(*args) == ["revoked tokens: 0 deleted", "users with revoked tokens: 0 deleted"]


def test_a_rehearsal(rows: None) -> None:
    """It counts, and deletes nothing."""
    before = left()
    assert cleanup("--dry-run", "--keys-after", "7") == [
        "revoked tokens: 7 would be deleted",
        "users with revoked tokens: 3 would be deleted",
        "API keys: 2 would be deleted",
    ]
    assert left() == before


@pytest.mark.parametrize(("days", "kept"), [("29", ["good"]), ("31", ["good", "over", "revoked"])])
def test_keys(rows: None, days: str, kept: list[str]) -> None:
    """Those that have been of no use for long go when that is asked for."""
    cleanup("--keys-after", days)
    assert left()[2] == kept


def test_batches(rows: None, django_assert_num_queries: Any) -> None:
    """Each is one look and one deletion, and no more rows are read than are deleted."""
    tokens = cleaning.expired()[0]
    assert list(tokens.delete(3)) == [3, 3, 1]
    with django_assert_num_queries(1):
        assert list(tokens.delete(3)) == []


def test_a_token_that_is_revoked_anew_meanwhile(rows: None, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays, though it was among those to be deleted."""
    delete = QuerySet.delete

    def first_revoked(rows: Any) -> Any:
        monkeypatch.setattr(QuerySet, "delete", delete)
        DjangoORMRevocation().revoke_sync("t0", expires_at=clock.now + 100)
        return delete(rows)

    monkeypatch.setattr(QuerySet, "delete", first_revoked)
    cleanup()
    assert left()[0] == ["t0", "t7", "t8"]


@pytest.mark.parametrize("args", [("--batch", "0"), ("--batch", "x"), ("--keys-after", "-1"), ("--database", "none")])
def test_wrong_options(args: tuple[str, ...]) -> None:
    """Are refused before anything is done."""
    with pytest.raises(CommandError):
        cleanup(*args)
