"""TestClient and the test's own transaction: what one writes the other reads, and nothing stays."""

import asyncio
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django_bolt.testing import TestClient
from lab.api import api

KINDS = ["sync", "async"]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the lab."""
    with TestClient(api) as client:
        yield client


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_handlers_see_what_the_test_created(client: TestClient, kind: str) -> None:
    """An uncommitted row of the test is there for the handler."""
    User.objects.create(username="ada")

    assert client.get(f"/users/{kind}").json() == ["ada"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_the_test_sees_what_handlers_created(client: TestClient, kind: str) -> None:
    """A handler's row is there for the test, within the same transaction."""
    created = client.post(f"/users/{kind}", params={"name": "bo"}).json()

    assert User.objects.get(username="bo").pk == created
    assert connection.in_atomic_block


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_by_the_tests_before(client: TestClient, kind: str) -> None:
    """Rows of the tests above are gone."""
    assert client.get(f"/users/{kind}").json() == []


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
async def test_under_a_running_event_loop(client: TestClient, kind: str) -> None:
    """A handler called from an asynchronous test uses the ORM without complaint."""
    assert asyncio.get_running_loop().is_running()

    # In-memory databases belong to threads, so only what handlers do is looked at here.
    created = client.post(f"/users/{kind}", params={"name": "cy"})
    assert created.status_code == 200
    assert client.get(f"/users/{kind}").json() == ["cy"]


@pytest.mark.django_db
def test_queries_of_handlers_are_counted(client: TestClient, django_assert_num_queries: object) -> None:
    """Handlers run on the test's connection, so its query count is theirs."""
    with django_assert_num_queries(1):  # type: ignore[operator]
        client.get("/users/sync")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_transaction(client: TestClient, kind: str) -> None:
    """A test that commits sees and shows the same."""
    User.objects.create(username="ada")

    assert client.get(f"/users/{kind}").json() == ["ada"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_over_a_socket(kind: str) -> None:
    """use_http_layer changes the way to the server and not the thread of the work."""
    User.objects.create(username="ada")

    with TestClient(api, use_http_layer=True) as client:
        assert client.get(f"/users/{kind}").json() == ["ada"]


class DjangosOwnStyle(TestCase):
    """The same with Django's TestCase."""

    @classmethod
    def setUpTestData(cls) -> None:
        """Create a user for all tests of the class."""
        User.objects.create(username="ada")

    def setUp(self) -> None:
        """Open a client."""
        self.api = TestClient(api)
        self.addCleanup(self.api.close)

    def test_class_data_is_seen(self) -> None:
        """Data of setUpTestData is there for both kinds of handler."""
        for kind in KINDS:
            assert self.api.get(f"/users/{kind}").json() == ["ada"]

    def test_writes_are_seen_and_rolled_back(self) -> None:
        """A handler's write is seen here; the other test, before or after, does not see it."""
        for kind in KINDS:
            self.api.post(f"/users/{kind}", params={"name": f"by-{kind}"})
        assert User.objects.count() == 3


class Committing(TransactionTestCase):
    """The same where every statement commits."""

    def test_rows_are_shared(self) -> None:
        """Both kinds of handler see a committed row, and the test sees theirs."""
        User.objects.create(username="ada")
        with TestClient(api) as client:
            for kind in KINDS:
                client.post(f"/users/{kind}", params={"name": kind})
            assert client.get("/users/async").json() == ["ada", "async", "sync"]
        assert User.objects.count() == 3
