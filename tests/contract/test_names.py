"""Every name that the quick reference prints imports from where it prints it."""

import importlib

import pytest

NAMES = [
    ("django_bolt", "BoltAPI"),
    ("django_bolt", "Request"),
    ("django_bolt", "StreamingResponse"),
    ("django_bolt.exceptions", "BadRequest"),
    ("django_bolt.exceptions", "NotFound"),
    ("django_bolt.exceptions", "Unauthorized"),
    ("django_bolt.param_functions", "Query"),
    ("django_bolt.responses", "HTML"),
    ("django_bolt.responses", "PlainText"),
    ("django_bolt.responses", "Redirect"),
    ("django_bolt.responses", "StreamingResponse"),
    ("django_bolt.testing", "TestClient"),
]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_name(module: str, name: str) -> None:
    """The name is there."""
    assert hasattr(importlib.import_module(module), name)


def test_response_classes_are_one_and_the_same() -> None:
    """A class printed under two modules is one class."""
    top, module = importlib.import_module("django_bolt"), importlib.import_module("django_bolt.responses")

    assert top.StreamingResponse is module.StreamingResponse
