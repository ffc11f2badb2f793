"""Every name of the quick reference, and every one promised beside it, imports from where it is printed."""

import importlib

import pytest

NAMES = {
    "django_bolt": "BoltAPI Request Router UploadFile Depends Response JSON PlainText HTML Redirect FileResponse "
    "StreamingResponse EventSourceResponse ServerSentEvent BackgroundTasks",
    "django_bolt.auth": "JWTAuthentication APIKeyAuthentication IsAuthenticated IsAdminUser IsStaff HasPermission "
    "HasAnyPermission HasAllPermissions",
    "django_bolt.auth.jwt_utils": "create_jwt_for_user",
    "django_bolt.auth.revocation": "InMemoryRevocation DjangoCacheRevocation DjangoORMRevocation",
    "django_bolt.exceptions": "BadRequest NotFound Unauthorized HTTPException",
    "django_bolt.param_functions": "Path Query Header Cookie Form File Body",
    "django_bolt.params": "Path Query Header Cookie Form File Body",
    "django_bolt.responses": "Response JSON PlainText HTML Redirect FileResponse StreamingResponse "
    "EventSourceResponse ServerSentEvent",
    "django_bolt.serializers": "Serializer ModelSerializer field field_validator model_validator computed_field "
    "Partial UNSET Meta ValidationError",
    "django_bolt.testing": "TestClient AsyncTestClient",
}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in NAMES.items() for name in names.split()]
)
def test_name(module: str, name: str) -> None:
    """The name is there."""
    loaded = importlib.import_module(module)

    assert hasattr(loaded, name)
    assert name in loaded.__all__


def test_response_classes_are_one_and_the_same() -> None:
    """A class printed under two modules is one class."""
    top, module = importlib.import_module("django_bolt"), importlib.import_module("django_bolt.responses")
    names = NAMES["django_bolt.responses"].split()

    assert [name for name in names if getattr(top, name) is not getattr(module, name)] == []


def test_markers_of_both_modules_are_one_and_the_same() -> None:
    """`params` and `param_functions` are two names for the same functions."""
    one, other = importlib.import_module("django_bolt.params"), importlib.import_module("django_bolt.param_functions")

    assert [
        name for name in NAMES["django_bolt.params"].split() if getattr(one, name) is not getattr(other, name)
    ] == []
