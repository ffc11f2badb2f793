"""No error reply repeats the text of Django's exceptions: they hold SQL, paths, names of models and what was sent."""

from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.project import build
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import User
from django.core import exceptions, signing
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template import TemplateDoesNotExist
from django.utils.datastructures import MultiValueDictKeyError

pytestmark = pytest.mark.django_db

SECRET = "secret-of-/srv/app SELECT password FROM auth_user"
RAISED: dict[type[Exception], int] = {
    Http404: 404,
    Product.DoesNotExist: 404,
    exceptions.ObjectDoesNotExist: 404,
    exceptions.PermissionDenied: 403,
    exceptions.SuspiciousOperation: 400,
    exceptions.DisallowedHost: 400,
    exceptions.SuspiciousFileOperation: 400,
    exceptions.BadRequest: 400,
    MultiPartParserError: 400,
    signing.BadSignature: 500,
    exceptions.RequestDataTooBig: 413,
    exceptions.TooManyFieldsSent: 413,
    exceptions.TooManyFilesSent: 413,
    Product.MultipleObjectsReturned: 500,
    exceptions.FieldError: 500,
    exceptions.FieldDoesNotExist: 500,
    exceptions.ImproperlyConfigured: 500,
    exceptions.SynchronousOnlyOperation: 500,
    DatabaseError: 500,
    IntegrityError: 500,
    OperationalError: 500,
    UnreadablePostError: 500,
    TemplateDoesNotExist: 500,
    MultiValueDictKeyError: 500,
}


def _duplicate() -> None:
    for _ in range(2):
        User.objects.create(username=SECRET)


def _bad_sql() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM nowhere")


DONE = {
    "lookup": (lambda: Product.objects.get(name=SECRET), 404),
    "field": (lambda: Product.objects.get(secret=1), 500),
    "duplicate": (_duplicate, 500),
    "sql": (_bad_sql, 500),
    "path": (lambda: default_storage.open("../../secret"), 400),
    "file": (lambda: default_storage.open("secret"), 500),
}


def api_that_fails() -> BoltAPI:
    """A sync and an async route for each exception, and sync ones for what raises them in earnest."""
    api = BoltAPI()
    kinds: list[Any] = list(RAISED)

    @api.get("/sync/{index}")
    def fails(index: int) -> None:
        raise kinds[index](SECRET)

    @api.get("/async/{index}")
    async def fails_too(index: int) -> None:
        raise kinds[index](SECRET)

    @api.get("/done/{name}")
    def done(name: str) -> None:
        DONE[name][0]()

    return api


@pytest.mark.parametrize("problem_details", [False, True])
def test_exceptions_have_their_status_and_no_text(settings: Any, *, problem_details: bool) -> None:
    """In both shapes, from def and async handlers."""
    settings.BOLT = {"PROBLEM_DETAILS": problem_details}
    with Client(build([api_that_fails()])) as client:
        for index, (kind, status) in enumerate(RAISED.items()):
            for path in ("sync", "async"):
                reply = client.get(f"/{path}/{index}")
                said = f"{reply.body.decode()}{reply.headers}"

                assert reply.status == status, kind
                assert not [word for word in ("secret", "/srv", "SELECT", "password") if word in said], kind


@pytest.mark.parametrize("name", DONE)
def test_what_really_fails_says_nothing_of_its_inside(name: str) -> None:
    """Neither SQL nor names of tables, files or columns."""
    with Client(build([api_that_fails()])) as client:
        reply = client.get(f"/done/{name}")
    said = f"{reply.body.decode()}{reply.headers}"

    assert reply.status == DONE[name][1]
    hidden = ("secret", "SELECT", "nowhere", "UNIQUE", "auth_user", "Product", "shop_", "price", "Traceback")
    assert not [word for word in hidden if word in said]
