"""Quick reference: Django ORM (async and sync), error handling."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django_bolt.testing import TestClient
from snippets import orm

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the snippets."""
    with TestClient(orm.api) as client:
        yield client


@pytest.fixture
def ada() -> User:
    """A user."""
    return User.objects.create(username="ada", email="ada@example.org")


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_retrieve(client: TestClient, ada: User, kind: str) -> None:
    """Both kinds of handler read the row."""
    assert client.get(f"/{kind}/users/{ada.pk}").json() == {"id": ada.pk, "name": "ada"}


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_retrieve_of_nothing_is_404(client: TestClient, kind: str) -> None:
    """DoesNotExist is the client's 404 and no 500."""
    response = client.get(f"/{kind}/users/1000")

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


def test_list(client: TestClient, ada: User) -> None:
    """`async for` over a QuerySet works."""
    assert client.get("/async/users").json() == [{"id": ada.pk, "name": "ada"}]


def test_create(client: TestClient) -> None:
    """A body becomes a row."""
    response = client.post("/sync/users", json={"name": "bo", "email": "bo@example.org"})

    assert response.status_code == 200
    assert User.objects.get(pk=response.json()["id"]).email == "bo@example.org"


def test_create_without_a_field_is_422(client: TestClient) -> None:
    """A body that lacks a field creates nothing."""
    response = client.post("/sync/users", json={"name": "bo"})

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "email"]
    assert not User.objects.exists()


def test_not_found(client: TestClient) -> None:
    """NotFound answers 404 with its detail."""
    response = client.get("/users/7")

    assert response.status_code == 404
    assert response.json() == {"detail": "User 7 not found"}


def test_a_returned_instance_is_its_fields_without_the_hash(client: TestClient, ada: User) -> None:
    """`return user` works without a serializer, and leaks no password."""
    ada.set_password("correct horse")
    ada.save()
    response = client.get(f"/users/{ada.pk}")

    assert response.status_code == 200
    reply = response.json()
    assert (reply["id"], reply["username"], reply["email"]) == (ada.pk, "ada", "ada@example.org")
    assert set(reply) == {field.attname for field in User._meta.concrete_fields} - {"password"}
    assert ada.password not in response.text


@pytest.mark.parametrize(("name", "status"), [("NotFound", 404), ("BadRequest", 400), ("Unauthorized", 401)])
def test_exceptions_have_their_status(name: str, status: int) -> None:
    """Each exception of the reference says what it answers with."""
    assert getattr(orm, name)(detail="x").status_code == status
