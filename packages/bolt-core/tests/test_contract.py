"""The names that others import."""

import importlib

import bolt_core
import pytest


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "bolt_core",
            "BoltAPI Router Request ConfigError HTTPException JSON PlainText HTML Redirect StreamingResponse",
        ),
        ("bolt_core.params", "Header Cookie Form Query Path Body File Depends"),
        ("bolt_core.param_functions", "Header Cookie Form Query Path Body File Depends"),
        ("bolt_core.responses", "JSON PlainText HTML Redirect Response StreamingResponse FileResponse"),
        (
            "bolt_core.exceptions",
            "HTTPException BadRequest Unauthorized Forbidden NotFound MethodNotAllowed NotAcceptable",
        ),
        (
            "bolt_core.exceptions",
            "Conflict Gone PayloadTooLarge UnsupportedMediaType UnprocessableEntity TooManyRequests",
        ),
        ("bolt_core.exceptions", "InternalServerError ServiceUnavailable RequestValidationError ConfigError"),
        ("bolt_core", "MultiDict register_request_attribute register_request_method register_request_support"),
        ("bolt_core.exceptions", "ClientDisconnect"),
        ("bolt_core.conditions", "condition etag last_modified"),
        ("bolt_core.dispatch", "finish error invalid"),
    ],
)
def test_a_promised_name_imports(module: str, names: str) -> None:
    """From where it is promised."""
    loaded = importlib.import_module(module)

    assert [name for name in names.split() if not hasattr(loaded, name)] == []


def test_everything_announced_exists() -> None:
    """`__all__` names nothing that is not there."""
    assert [name for name in bolt_core.__all__ if not hasattr(bolt_core, name)] == []
