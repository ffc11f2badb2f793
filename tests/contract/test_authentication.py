"""Quick reference: authentication and JWT tokens, protected routes, revocation."""

from collections.abc import Iterator

import jwt
import pytest
from django.contrib.auth.models import User
from django_bolt.auth.jwt_utils import create_jwt_for_user
from django_bolt.testing import TestClient
from jwt.warnings import InsecureKeyLengthWarning
from snippets import authentication

pytestmark = [
    pytest.mark.django_db,
    # The snippets' secrets are short; PyJWT says so, and so does a system check.
    pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning"),
]


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A client of the snippets."""
    with TestClient(authentication.api) as client:
        yield client


@pytest.fixture
def ada() -> User:
    """A user."""
    return User.objects.create_user("ada", password="correct horse", is_staff=True)


def headers(user: User, **claims: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_jwt_for_user(user, 'your-secret', extra_claims=claims)}"}


def test_login(client: TestClient, ada: User) -> None:
    """A token for a week with the right password, and 401 with a challenge otherwise."""
    reply = client.post("/auth/login", json={"username": "ada", "password": "correct horse"})
    claims = jwt.decode(reply.json()["access_token"], "your-secret-key", algorithms=["HS256"])
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (str(ada.pk), 7 * 86400)
    refused = client.post("/auth/login", json={"username": "ada", "password": "wrong"})
    assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid credentials"})
    assert refused.headers["www-authenticate"] == "Bearer"


def test_a_token_made_by_hand_is_good(client: TestClient, ada: User) -> None:
    """What PyJWT signs with the same secret opens the routes, with the claims it has."""
    token = client.post("/auth/token", params={"user_id": ada.pk}).json()["token"]
    sent = {"Authorization": f"Bearer {token}"}

    assert client.get("/me", headers=sent).json() == {"id": ada.pk, "username": "ada"}
    assert client.get("/guarded/one", headers=sent).status_code == 200
    assert client.get("/guarded/all", headers=sent).status_code == 403


def test_protected_routes(client: TestClient, ada: User) -> None:
    """The user is loaded, claims are read, in handlers of both kinds; without a token there is nothing."""
    sent = headers(ada)
    assert client.get("/me", headers=sent).json() == {"id": ada.pk, "username": "ada"}
    assert client.get("/sync/me", headers=sent).json() == {"id": ada.pk}
    assert client.get("/profile", headers=sent).json() == {"user_id": str(ada.pk), "is_staff": True}
    for path in ("/me", "/sync/me", "/profile", "/api/data"):
        assert client.get(path).status_code == 401


def test_api_keys(client: TestClient) -> None:
    """The key opens its route."""
    assert client.get("/api/data", headers={"X-API-Key": "secret-key-123"}).json() == {"data": "sensitive"}
    assert client.get("/api/data", headers={"X-API-Key": "secret-key-124"}).status_code == 401


def test_logout(client: TestClient, ada: User) -> None:
    """A token that is logged out is refused where the store is asked."""
    sent = headers(ada)
    assert client.post("/auth/logout", headers=sent).json() == {"message": "Logged out"}
    assert client.post("/auth/logout", headers=sent).status_code == 401
    assert client.post("/auth/logout", headers=headers(ada)).status_code == 200


@pytest.mark.parametrize(
    ("guard", "claims", "status"),
    [
        ("admin", {"is_superuser": True}, 200),
        ("admin", {"is_superuser": False}, 403),
        ("staff", {"is_staff": True}, 200),
        ("staff", {"is_staff": False}, 403),
        ("one", {"permissions": ["read"]}, 200),
        ("any", {"permissions": ["purge"]}, 200),
        ("any", {"permissions": ["write"]}, 403),
        ("all", {"permissions": ["read", "purge"]}, 200),
        ("all", {"permissions": ["read"]}, 403),
    ],
)
def test_guards(client: TestClient, ada: User, guard: str, claims: dict[str, object], status: int) -> None:
    """Each guard by the token's claims."""
    assert client.get(f"/guarded/{guard}", headers=headers(ada, **claims)).status_code == status


def test_short_secrets_are_told() -> None:
    """The warning that these tests pass over is there."""
    with pytest.warns(InsecureKeyLengthWarning):
        jwt.encode({}, "your-secret", algorithm="HS256")
