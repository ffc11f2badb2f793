"""The names of the family, and nothing else."""

import ast
import importlib
from pathlib import Path

import django_bolt
import pytest
from bolt_django import uploads

SOURCES = sorted(Path(django_bolt.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize(
    ("module", "origin"),
    [
        ("django_bolt", "bolt_core"),
        ("django_bolt.responses", "bolt_core.responses"),
        ("django_bolt.params", "bolt_core.params"),
        ("django_bolt.param_functions", "bolt_core.param_functions"),
        ("django_bolt.exceptions", "bolt_core.exceptions"),
        ("django_bolt.conditions", "bolt_core.conditions"),
        ("django_bolt.middleware", "bolt_core.middleware"),
        ("django_bolt.logging", "bolt_core.logging"),
        ("django_bolt.tracing", "bolt_core.tracing"),
        ("django_bolt.db", "bolt_django.transactions"),
        ("django_bolt.auth", "bolt_django.auth"),
        ("django_bolt.auth.revocation", "bolt_django.revocation"),
        ("django_bolt.auth.jwt_utils", "bolt_django.auth.jwt_utils"),
        ("django_bolt.testing", "bolt_testing"),
        ("django_bolt.management.commands.runbolt", "bolt_django.management.commands.runbolt"),
    ],
)
def test_a_name_is_the_object_of_the_package_that_makes_it(module: str, origin: str) -> None:
    """So that `except django_bolt.exceptions.NotFound` catches what bolt_core raises."""
    ours, theirs = importlib.import_module(module), importlib.import_module(origin)

    # Django's kind of upload, which bolt_core cannot know.
    names = [name for name in ours.__all__ if name != "UploadFile"]
    assert names
    assert [name for name in names if getattr(ours, name) is not getattr(theirs, name)] == []
    assert getattr(ours, "UploadFile", uploads.UploadFile) is uploads.UploadFile


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("django_bolt", "BoltAPI Request Depends StreamingResponse EventSourceResponse FileResponse UploadFile"),
        ("django_bolt", "ServerSentEvent BackgroundTasks BackgroundTask"),
        ("django_bolt.params", "Header Cookie Form"),
        ("django_bolt.param_functions", "Query Header Cookie"),
        (
            "django_bolt.responses",
            "PlainText HTML Redirect StreamingResponse FileResponse EventSourceResponse ServerSentEvent",
        ),
        ("django_bolt.exceptions", "NotFound BadRequest Unauthorized"),
        (
            "django_bolt.auth",
            "JWTAuthentication APIKeyAuthentication IsAuthenticated IsAdminUser IsStaff HasPermission",
        ),
        ("django_bolt.auth", "HasAnyPermission HasAllPermissions"),
        ("django_bolt.auth.revocation", "InMemoryRevocation DjangoCacheRevocation DjangoORMRevocation"),
        ("django_bolt.auth.jwt_utils", "create_jwt_for_user"),
        ("django_bolt.middleware", "Middleware middleware skip_middleware"),
        ("django_bolt.db", "aatomic"),
        ("django_bolt.logging", "LoggingConfig"),
        ("django_bolt.tracing", "RequestIDFilter current_request_id current_trace"),
        ("django_bolt.testing", "TestClient AsyncTestClient"),
    ],
)
def test_a_promised_name_imports(module: str, names: str) -> None:
    """From where the quick reference prints it."""
    loaded = importlib.import_module(module)

    assert [name for name in names.split() if name not in loaded.__all__] == []


@pytest.mark.parametrize("name", ["exceptions", "responses", "params", "param_functions", "conditions"])
def test_every_name_of_the_core_is_there(name: str) -> None:
    """A new one must not be forgotten here."""
    ours, theirs = importlib.import_module(f"django_bolt.{name}"), importlib.import_module(f"bolt_core.{name}")
    records = {"Constraints", "Marker", "Source"}

    assert set(theirs.__all__) - records == set(ours.__all__)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_no_module_holds_code(source: Path) -> None:
    """Names only: no function, and no class but the application's configuration."""
    tree = ast.parse(source.read_text())
    defined = [
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]

    assert defined in ([], ["DjangoBoltConfig"])
