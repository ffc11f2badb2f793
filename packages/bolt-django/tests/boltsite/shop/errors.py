"""Shapes of errors that settings may name."""

from typing import Any

from bolt_core.exceptions import HTTPException


def shape(error: HTTPException, request: Any) -> dict[str, Any]:
    """The status, what is said, and who asked."""
    return {"status": error.status_code, "said": error.detail, "method": request and request.method}


def one(error: HTTPException) -> None:
    """No formatter: it takes too little."""
