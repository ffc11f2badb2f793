"""Django's results and exceptions as Bolt replies."""

import sys
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_core.exceptions import NotFound
from bolt_django.discovery import DiscoveryError
from bolt_django.project import Project, build
from boltsite.shop import api as shop_api
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import User
from django.core import signals
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.views.debug import ExceptionReporter

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


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_async_django_stream_is_closed(client: Client, method: str) -> None:
    """Its response closes what it holds, also where HEAD leaves it unread."""
    shop_api.closed_streams.clear()

    reply = client.request(method, "/shop/response/stream/async")

    assert (reply.status, reply.body) == (200, b"part" if method == "GET" else b"")
    # It is closed on the request's own thread, which is this one while a reply is awaited.
    for _ in range(100):
        if not shop_api.closed_streams:
            client.get("/shop/response/lazy")
    assert shop_api.closed_streams == ["async"]


def test_a_lazy_text_is_text(client: Client) -> None:
    """As any str that a handler returns."""
    reply = client.get("/shop/response/lazy")

    assert (reply.headers["Content-Type"], reply.body) == ("text/plain; charset=utf-8", b"Products")


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


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/json;q=0.5, text/html",
    ],
)
def test_debug_shows_a_page_to_who_prefers_html(client: Client, settings: Any, accept: str) -> None:
    """Django's own page, by the weights of `Accept` (RFC 9110 §12.5.1)."""
    settings.DEBUG = True
    reply = client.get("/shop/error/500", {"Accept": accept})

    assert b"<h1>ZeroDivisionError" in reply.body
    assert (reply.status, reply.headers["Content-Type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html;q=0.5, */*", "text/html;q=0", "a/b"])
def test_debug_shows_the_traceback_to_anyone_else(client: Client, settings: Any, accept: str | None) -> None:
    """In the shape of every error; a mere mention of HTML is no wish for it."""
    settings.DEBUG = True
    reply = client.get("/shop/error/500", {"Accept": accept} if accept else {})

    assert (reply.status, reply.json()["detail"]) == (500, "ZeroDivisionError: a secret divisor")
    assert any("boltsite/shop/api.py" in line for line in reply.json()["extra"]["traceback"])

    settings.BOLT = {"PROBLEM_DETAILS": True}
    reply = client.get("/shop/error/500", {"Accept": accept} if accept else {})
    assert (reply.headers["Content-Type"], reply.json()["status"]) == ("application/problem+json", 500)
    assert reply.json()["traceback"]


def test_the_debug_page_hides_what_is_sensitive(client: Client, settings: Any) -> None:
    """As Django's own does, by the project's reporter and filter: secrets among the settings, session cookies."""
    settings.DEBUG = True
    settings.SOME_API_KEY = "hidden-value-1"
    page = client.get("/shop/error/500", {"Accept": "text/html", "Cookie": "sessionid=hidden-value-2"}).body

    assert b"SOME_API_KEY" in page
    assert b"hidden-value" not in page

    settings.DEFAULT_EXCEPTION_REPORTER = "test_adapters.Reporter"
    assert client.get("/shop/error/500", {"Accept": "text/html"}).body == b"our own page"


class Reporter(ExceptionReporter):
    """A project's own debug page."""

    def get_traceback_html(self) -> str:
        """All of it."""
        return "our own page"


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_without_debug_nothing_is_shown(client: Client, accept: str) -> None:
    """Whoever asks, and however."""
    reply = client.get("/shop/error/500", {"Accept": accept})

    assert (reply.status, reply.json()) == (500, {"detail": "Internal Server Error"})


def test_exceptions_that_propagate_show_no_page(client: Client, settings: Any) -> None:
    """With DEBUG_PROPAGATE_EXCEPTIONS they are logged and signalled, and the client is told nothing, DEBUG or not."""
    settings.DEBUG = settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    seen: list[type[BaseException] | None] = []

    def receive(**kwargs: Any) -> None:
        seen.append(sys.exc_info()[0])

    signals.got_request_exception.connect(receive)
    try:
        reply = client.get("/shop/error/500", {"Accept": "text/html"})
    finally:
        signals.got_request_exception.disconnect(receive)

    assert (reply.status, reply.json()) == (500, {"detail": "Internal Server Error"})
    assert seen == [ZeroDivisionError]


def test_settings_choose_the_shape_of_errors(project: Project, settings: Any) -> None:
    """Of the engine's own refusals as of exceptions; Django's pages stay Django's."""
    settings.BOLT = {"PROBLEM_DETAILS": True}
    with Client(project) as client:
        replies = [client.get("/shop/error/404"), client.request("PUT", "/shop/error/404")]
        django = client.get("/no/such/page")

    assert [reply.headers["Content-Type"] for reply in replies] == ["application/problem+json"] * 2
    assert [reply.json()["title"] for reply in replies] == ["Not Found", "Method Not Allowed"]
    assert (django.status, django.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_settings_name_a_formatter(project: Project, settings: Any) -> None:
    """For every error."""
    settings.BOLT = {"ERROR_FORMATTER": "boltsite.shop.errors.shape"}
    with Client(project) as client:
        replies = [
            client.get("/shop/error/422-list"),
            client.get("/shop/error/500"),
            client.request("PUT", "/shop/error/404"),
            client.raw(b"nonsense\r\n\r\n"),
        ]

    assert [(reply.json()["status"], reply.json()["method"]) for reply in replies] == [
        (422, "GET"),
        (500, "GET"),
        (405, "PUT"),
        (400, None),
    ]
    assert replies[2].headers["Allow"]


def test_a_formatter_that_cannot_be_imported_ends_the_start(settings: Any) -> None:
    """In one line that names the setting."""
    settings.BOLT = {"ERROR_FORMATTER": "boltsite.shop.errors.missing"}
    with pytest.raises(DiscoveryError, match=r"settings.BOLT: ERROR_FORMATTER='boltsite.shop.errors.missing'"):
        build([])


def test_a_long_message_is_cut(client: Client) -> None:
    """Django's messages may quote the value they are about."""
    (problem,) = client.get("/shop/error/422-long").json()["detail"]

    assert problem["type"] == "choice"
    assert problem["msg"].endswith("is no choice")
    assert len(problem["msg"]) < 250


def test_a_validation_error_keeps_the_code_of_each_message(client: Client) -> None:
    """A list of errors is a list of problems."""
    assert client.get("/shop/error/422-list").json()["detail"] == [
        {"loc": ["body"], "msg": "one", "type": "first"},
        {"loc": ["body"], "msg": "two", "type": "invalid"},
    ]


def test_an_applications_handler_comes_before_djangos_meaning() -> None:
    """Also for what Django's exception becomes."""
    api = BoltAPI()

    @api.get("/denied")
    async def denied() -> None:
        raise PermissionDenied("secret")

    @api.get("/missing")
    def missing() -> None:
        raise Http404("secret")

    api.exception_handler(PermissionDenied)(lambda request, exc: ("ours", 409))
    api.exception_handler(NotFound)(lambda request, exc: {"error": exc.detail})

    with Client(build([api])) as client:
        assert client.get("/denied").body == b"ours"
        assert (client.get("/missing").status, client.get("/missing").json()) == (404, {"error": "Not Found"})


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
