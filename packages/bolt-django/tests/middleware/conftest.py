"""Applications within Django's middleware."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.project import build
from boltsite_tools.inprocess import Client

# Django imports middleware by its path; importlib mode adds no folder to that of modules.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def enclosed() -> Iterator[Callable[..., Client]]:
    """Serves handlers within middleware: `enclosed(["kinds.Sync"], ("/path", handler), …)`."""
    with ExitStack() as stack:

        def serve(paths: Any, *routes: tuple[str, Callable[..., Any]], **options: Any) -> Client:
            api = BoltAPI(django_middleware=paths, **options)
            for path, handler in routes:
                api.route(path, methods=["GET", "POST"])(handler)
            return stack.enter_context(Client(build([api])))

        yield serve


@pytest.fixture(autouse=True)
def nothing_looked_at() -> None:
    """Each test's own."""
    from looking import looked

    looked.clear()
