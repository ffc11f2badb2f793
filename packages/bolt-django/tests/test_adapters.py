"""Django's results and exceptions as Bolt replies."""

from typing import Any

import pytest
from bolt_core import BoltAPI
from boltsite.shop import api as shop_api
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import User
from django.core import signals

pytestmark = pytest.mark.django_db


@pytest.fixture
def axe() -> Product:
    """A product."""
    return Product.objects.create(name="axe", price="1.50")


def test_a_django_response(client: Client) -> None:
    """Status, header fields, every cookie and the body of an HttpResponse arrive."""
    reply = client.get("/shop/response")

    assert (reply.status, reply.body, reply.headers["X-Made-By"]) == (418, b"teapot", "django")
    assert [value.split(";")[0] for value in reply.headers.get_all("Set-Cookie") or []] == ["one=1", "two=2"]


def test_a_django_response_from_an_async_handler(client: Client) -> None:
    """An async handler may return one, too."""
    reply = client.get("/shop/response/async")

    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (200, b"async", "text/plain")


def test_a_django_stream(client: Client) -> None:
    """A StreamingHttpResponse of a handler is streamed."""
    assert client.get("/shop/response/stream").body == b"0\n1\n2\n"


def test_a_template_response(client: Client) -> None:
    """A TemplateResponse is rendered, from a def handler and off the loop from an async one."""
    for path in ("/shop/template/sync", "/shop/template/async"):
        reply = client.get(path)

        assert (reply.status, reply.body) == (200, b"1 axe"), path
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["sync", "queryset"])
def test_a_queryset_is_written_from_concrete_fields(client: Client, axe: Product, path: str) -> None:
    """A QuerySet from a def or async handler is a list of its rows, without what is sensitive."""
    reply = client.get(f"/shop/products/{path}")

    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json() == [{"id": axe.pk, "name": "axe", "price": "1.50", "picture": None}]


def test_a_model_instance(client: Client, axe: Product) -> None:
    """A model instance is an object of its concrete fields."""
    assert client.get("/shop/products/axe/").json() == {"id": axe.pk, "name": "axe", "price": "1.50", "picture": None}


def test_values_leave_without_sensitive_fields(client: Client, axe: Product) -> None:
    """`.values()` is filtered like instances are."""
    assert "api_key" not in client.get("/shop/products/values").json()[0]


def test_values_list_of_a_sensitive_field_is_refused(client: Client, axe: Product) -> None:
    """A tuple cannot go without one of its values, so it does not go at all."""
    reply = client.get("/shop/products/values-list")

    assert reply.status == 500
    assert b"hidden" not in reply.body


def test_querysets_and_lazy_strings_inside_data(client: Client, axe: Product) -> None:
    """QuerySets and lazy translations nested in a dict are written, too."""
    data = client.get("/shop/products/nested").json()

    assert [row["name"] for row in data["items"]] == ["axe"]
    assert data["title"] == "Products"


def test_a_user_leaves_without_password(client: Client) -> None:
    """A password hash never leaves."""
    User.objects.create_user("someone", password="secret")

    (row,) = client.get("/shop/users").json()

    assert row["username"] == "someone"
    assert "password" not in row


def test_sensitive_and_exposed_fields(client: Client, axe: Product, settings: Any) -> None:
    """BOLT["SENSITIVE_FIELDS"] adds bare and full names, EXPOSED_FIELDS takes them out, and both count at once."""
    settings.BOLT = {"SENSITIVE_FIELDS": ["shop.Product.name"], "EXPOSED_FIELDS": ["api_key"]}
    (row,) = client.get("/shop/products/sync").json()
    assert "name" not in row
    assert row["api_key"] == "hidden"

    settings.BOLT = {"SENSITIVE_FIELDS": ["price"], "EXPOSED_FIELDS": ["shop.Product.api_key"]}
    (row,) = client.get("/shop/products/values").json()
    assert "price" not in row
    assert row["api_key"] == "hidden"


@pytest.mark.parametrize(
    ("status", "detail"), [(404, "Not Found"), (403, "Forbidden"), (400, "Bad Request"), (500, "Internal Server Error")]
)
def test_djangos_exceptions(client: Client, status: int, detail: str) -> None:
    """Django's exceptions have their status and say nothing of their text."""
    reply = client.get(f"/shop/error/{status}")

    assert (reply.status, reply.json()) == (status, {"detail": detail})


def test_an_object_that_does_not_exist(client: Client) -> None:
    """ObjectDoesNotExist is a 404, from the async ORM as well."""
    assert client.get("/shop/missing").status == 404


def test_a_validation_error(client: Client) -> None:
    """A core ValidationError is a 422 that lists every message."""
    reply = client.get("/shop/error/422")

    assert reply.status == 422
    assert reply.json() == {
        "detail": [
            {"loc": ["body", "name"], "msg": "too short", "type": "short"},
            {"loc": ["body"], "msg": "no", "type": "invalid"},
        ]
    }


def test_upload_limits_are_413(client: Client) -> None:
    """What exceeds Django's own upload limits is 413."""
    assert client.get("/shop/error/413").status == 413


def test_got_request_exception_fires_on_a_500(client: Client) -> None:
    """The signal carries a Django request and the exception, as error trackers read it; a 404 does not send it."""
    import sys

    seen: list[tuple[str, type[BaseException] | None]] = []

    def receive(sender: object, request: Any, **kwargs: object) -> None:
        seen.append((request.META["HTTP_HOST"], sys.exc_info()[0]))

    signals.got_request_exception.connect(receive)
    client.get("/shop/error/500")
    client.get("/shop/error/404")
    signals.got_request_exception.disconnect(receive)

    assert seen == [("testserver", ZeroDivisionError)]


def test_debug_shows_the_error(client: Client, settings: Any) -> None:
    """With DEBUG a browser gets Django's page and any other client the traceback."""
    settings.DEBUG = True

    assert b"<h1>ZeroDivisionError" in client.get("/shop/error/500", {"Accept": "text/html"}).body
    assert client.get("/shop/error/500").json()["detail"] == "ZeroDivisionError: a secret divisor"


def test_querysets_anywhere_in_what_an_async_handler_returns(client: Client, axe: Product) -> None:
    """Evaluated off the loop, without sensitive fields, with the handler's status."""
    data = client.get("/shop/async/nested").json()

    assert [row["name"] for row in data["data"][0]["items"]] == ["axe"]
    assert [row["name"] for row in data["values"]] == ["axe"]
    assert "hidden" not in str(data)
    assert client.get("/shop/async/status").status == 203


def test_a_model_is_applied_to_instances(client: Client, axe: Product) -> None:
    """Properties and fields that are not loaded are read, never replaced by a default in silence."""
    assert client.get("/shop/async/model").json() == [{"name": "axe", "label": "axe of 1"}]
    assert client.get("/shop/async/instance").json() == {"name": "axe", "label": "axe of 1"}
    assert client.get("/shop/async/deferred").json() == {"product": {"name": "axe", "price": "1.50"}}


@pytest.mark.parametrize("path", ["/shop/async/broken", "/shop/async/fails"])
def test_a_queryset_that_cannot_be_written_is_a_500(client: Client, axe: Product, path: str) -> None:
    """Off the loop as on it."""
    assert client.get(path).status == 500


def test_a_sensitive_column_under_another_name(client: Client, axe: Product) -> None:
    """An expression over it does not leave either."""
    assert client.get("/shop/async/alias").json() == [{"name": "axe"}]


@pytest.mark.parametrize(("query", "expected"), [("", ["always", "committed"]), ("?rolled_back=true", ["always"])])
def test_a_background_task_after_the_commit(
    client: Client, query: str, expected: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    """However late the transaction ends, here with the test's own; never where it was rolled back."""
    shop_api.ran.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.get(f"/shop/commit{query}").status == 200
        while "always" not in shop_api.ran:
            client.get("/shop/block?seconds=0")
        assert shop_api.ran == ["always"]
    while len(shop_api.ran) < len(expected):
        client.get("/shop/block?seconds=0")

    assert shop_api.ran == expected


def test_strict_json_for_a_project(settings: Any) -> None:
    """BOLT["STRICT_JSON"] holds where an API says nothing."""
    settings.BOLT = {"STRICT_JSON": True}
    api = BoltAPI()
    api.get("/nan")(lambda: {"a": float("nan")})
    (plan,) = api.freeze().routes

    with pytest.raises(ValueError, match="nan"):
        plan.result.encode({"a": float("nan")})
