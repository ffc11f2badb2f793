"""Quick reference: serializers (request and response validation)."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django_bolt.testing import TestClient
from snippets import serializers

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the snippets."""
    with TestClient(serializers.api) as client:
        yield client


def test_create(client: TestClient) -> None:
    """A validated body becomes a row, and the row a reply with the fields of the response model alone."""
    response = client.post("/users", json={"username": "ada", "email": "Ada@Example.org"})

    user = User.objects.get()
    assert user.email == "ada@example.org"
    assert response.json() == {"id": user.pk, "username": "ada"}


def test_a_refused_body_creates_nothing(client: TestClient) -> None:
    """Everything that is wrong with a body is listed, and no row is made."""
    response = client.post("/users", json={"username": 5, "email": "ada"})

    assert response.status_code == 422
    assert [(item["loc"], item["type"]) for item in response.json()["detail"]] == [
        (["body", "username"], "type_error"),
        (["body", "email"], "value_error"),
    ]
    assert not User.objects.exists()
