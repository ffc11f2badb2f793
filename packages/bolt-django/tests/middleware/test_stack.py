"""Every kind of Django's middleware around both kinds of handlers."""

import threading
from typing import Any

import kinds
import pytest
from bolt_core import BoltAPI, Middleware
from bolt_core.exceptions import ConfigError
from bolt_django.fallback import DjangoFallback
from bolt_django.middleware.stack import Stack, load
from bolt_django.project import Project, build
from boltsite_tools.inprocess import Client
from django.http import HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import override_settings
from looking import Enclosed

pytestmark = pytest.mark.django_db


def sync_handler() -> str:
    """A handler."""
    return "made"


async def async_handler() -> str:
    """A handler."""
    return "made"


HANDLERS = pytest.mark.parametrize("handler", [sync_handler, async_handler])


@pytest.fixture(autouse=True)
def seen() -> list[Any]:
    """What the middleware noted."""
    kinds.seen.clear()
    return kinds.seen


@HANDLERS
@pytest.mark.parametrize(
    "names",
    [
        ["Sync"],
        ["Async"],
        ["sync_function"],
        ["async_function"],
        ["Mixin"],
        ["Sync", "Async", "Mixin"],
        ["Async", "Sync", "Async"],
        ["Mixin", "sync_function", "async_function", "Sync"],
    ],
)
def test_every_kind_around_every_handler(enclosed: Enclosed, handler: Any, names: list[str]) -> None:
    """The first is the outermost: the last to see the reply."""
    client = enclosed([f"kinds.{name}" for name in names], ("/", handler))
    reply = client.get("/")
    assert (reply.status, reply.body) == (200, b"made")
    assert reply.headers["X-Seen"].split(", ") == names[::-1]


@pytest.mark.parametrize(("handler", "way"), [(sync_handler, "sync"), (async_handler, "async")])
def test_middleware_of_both_ways_takes_the_handlers(enclosed: Enclosed, handler: Any, way: str) -> None:
    """No thread is taken, and no loop begun, that is not needed."""
    assert enclosed(["kinds.either"], ("/", handler)).get("/").headers["X-Seen"] == f"either {way}"


def test_thread_locals_of_synchronous_middleware(enclosed: Enclosed) -> None:
    """A `def` handler runs on the thread of its middleware."""

    def handler() -> str:
        return f"{kinds.local.mark} {kinds.seen[-1] == ('sync', threading.get_ident())}"

    assert enclosed(["kinds.Sync"], ("/", handler)).get("/").body == b"set by middleware True"


@HANDLERS
def test_what_is_left_out_and_what_answers_itself(enclosed: Enclosed, handler: Any) -> None:
    """MiddlewareNotUsed, and a reply without the handler."""
    assert enclosed(["kinds.Unused", "kinds.Sync"], ("/", handler)).get("/").headers["X-Seen"] == "Sync"
    reply = enclosed(["kinds.Sync", "kinds.Closed", "kinds.Async"], ("/", handler)).get("/")
    assert (reply.status, reply.body, reply.headers["X-Seen"]) == (503, b"closed", "Closed, Sync")


@HANDLERS
def test_what_middleware_raises_is_a_reply_to_the_one_outside(enclosed: Enclosed, handler: Any) -> None:
    """In the application's shape."""
    reply = enclosed(["kinds.Sync", "kinds.Raises"], ("/", handler)).get("/")
    assert (reply.status, reply.json(), reply.headers["X-Seen"]) == (403, {"detail": "Forbidden"}, "Sync")


@HANDLERS
def test_what_the_server_answers_itself_is_seen(enclosed: Enclosed, handler: Any) -> None:
    """Refusals of a route's path."""
    client = enclosed(["kinds.Sync"], ("/", handler))
    reply = client.request("DELETE", "/")
    assert (reply.status, reply.headers["Allow"], reply.headers["X-Seen"]) == (405, "GET, HEAD, OPTIONS, POST", "Sync")


@pytest.mark.parametrize("name", ["Views", "AsyncViews"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_hooks_around_views(enclosed: Enclosed, name: str, kind: str, seen: list[Any]) -> None:
    """process_view before the handler, process_exception after one that raises."""

    def handle(n: int) -> str:
        if n == 0:
            raise LookupError
        return "made"

    async def ahandle(n: int) -> str:
        return handle(n)

    client = enclosed([f"kinds.{name}"], ("/items/{n}", ahandle if kind == "async" else handle))
    assert client.get("/items/1").body == b"made"
    assert client.get("/items/1?view").body == b"by process_view"
    excused = client.get("/items/0?excuse")
    assert (excused.status, excused.body) == (418, b"by process_exception")
    assert client.get("/items/0").status == 500
    if name == "Views":
        assert ("exception", LookupError) in seen
        assert {each[2:] == ((), {"n": 1}) for each in seen if each[0] == "view"} >= {True}


@pytest.mark.parametrize("name", ["Views", "AsyncViews"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_template_responses(enclosed: Enclosed, name: str, kind: str) -> None:
    """Are rendered once the middleware has seen them."""
    template = engines["django"].from_string("made by {{ who }}")

    def handle(request: Any) -> TemplateResponse:
        return TemplateResponse(request.as_django(), template, {"who": "the handler"})

    async def ahandle(request: Any) -> TemplateResponse:
        return handle(request)

    client = enclosed([f"kinds.{name}"], ("/", ahandle if kind == "async" else handle))
    assert client.get("/").body == b"made by middleware"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forgets_the_response", "forgets_the_response returned None; it must return an HttpResponse"),
        ("text_for_a_response", "text_for_a_response returned an object of str; it must return an HttpResponse"),
        (
            "UndeclaredAsync",
            "UndeclaredAsync returned an object of coroutine; it must return an HttpResponse; an asynchronous one is "
            "declared by async_capable = True or a decorator of django.utils.decorators",
        ),
        ("OddView", "OddView.process_view returned an object of str; it must return an HttpResponse or None"),
        (
            "OddException",
            "OddException.process_exception returned an object of dict; it must return an HttpResponse or None",
        ),
        ("OddTemplate", "OddTemplate.process_template_response returned None; it must return an HttpResponse"),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_is_no_response_is_named(
    enclosed: Enclosed, kind: str, name: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With the middleware that returned it; those outside see a 500."""
    template = engines["django"].from_string("never rendered")

    def handle(request: Any) -> TemplateResponse:
        if name == "OddException":
            raise LookupError
        return TemplateResponse(request.as_django(), template)

    async def ahandle(request: Any) -> TemplateResponse:
        return handle(request)

    client = enclosed(["kinds.sync_function", f"kinds.{name}"], ("/", ahandle if kind == "async" else handle))
    reply = client.get("/")
    assert (reply.status, reply.headers["X-Seen"].split(", ")[-1]) == (500, "sync_function")
    errors = [str(record.exc_info[1]) for record in caplog.records if record.exc_info]
    assert errors == [f"middleware kinds.{said}"]


def test_a_def_handler_within_the_frameworks_own_middleware(enclosed: Enclosed) -> None:
    """The stack runs on the loop then, its hooks around views on the handler's thread."""
    order = []

    class Own(Middleware):
        async def __call__(self, request: Any) -> Any:
            order.append("own")
            return await self.get_response(request)

    def handler(n: int) -> str:
        order.append("handler")
        raise LookupError

    client = enclosed(["kinds.Views", "kinds.Mixin"], ("/items/{n}", handler), middleware=[Own])
    reply = client.get("/items/1?excuse")
    assert (reply.status, reply.body, reply.headers["X-Seen"]) == (418, b"by process_exception", "Mixin, Sync")
    assert client.get("/items/1?view").body == b"by process_view"
    assert order == ["own", "handler", "own"]


def test_one_object_serves_all_routes(enclosed: Enclosed) -> None:
    """Of all applications that name the same classes; made anew when settings change, which it reads as it is made."""
    client = enclosed(["kinds.Sync"], ("/a", sync_handler), ("/b", sync_handler))
    assert client.get("/a").status == client.get("/b").status == 200
    api = BoltAPI(django_middleware=["kinds.Sync"])
    api.get("/a")(sync_handler)
    stacks = [build([api]).app.routes[0].around.layers[0].stack for _ in range(2)]
    assert stacks[0] is stacks[1]
    with override_settings(DEBUG=True):
        assert build([api]).app.routes[0].around.layers[0].stack is not stacks[0]


def test_settings_that_change_after_an_application_was_frozen() -> None:
    """Hold for what is served from then on, until they are changed back; what middleware read as it was made, too."""
    api = BoltAPI()
    api.get("/")(sync_handler)

    def names() -> tuple[str, ...]:
        (plan,) = api.freeze().routes
        return () if plan.around is None else plan.around.names

    frozen = api.freeze()
    assert api.freeze() is frozen
    assert names() == ()
    with override_settings(BOLT={"MIDDLEWARE": ["kinds.Sync"]}):
        assert names() == ("kinds.Sync",)
        assert api.freeze() is api.freeze()
    with override_settings(BOLT={"MIDDLEWARE": True}):
        with override_settings(MIDDLEWARE=["kinds.Async"]):
            assert names() == ("kinds.Async",)
        with override_settings(MIDDLEWARE=["kinds.Mixin"]):
            assert names() == ("kinds.Mixin",)
    assert names() == ()
    with pytest.raises(ConfigError, match="the application is frozen"):
        api.get("/late")(sync_handler)


def test_settings_that_middleware_reads_as_it_is_made() -> None:
    """An application that was frozen before does not keep the middleware of its old settings."""
    api = BoltAPI(django_middleware=["kinds.named_by_settings"])
    api.get("/")(sync_handler)

    def seen() -> str | None:
        with Client(Project(api.freeze(), DjangoFallback())) as client:
            return client.get("/").headers["X-Seen"]

    with override_settings(LANGUAGE_CODE="de"):
        assert seen() == "de"
    with override_settings(LANGUAGE_CODE="fr"):
        assert seen() == "fr"


def test_mistakes() -> None:
    """Each names the path."""
    with pytest.raises(ConfigError, match=r"'kinds\.Nothing' cannot be imported"):
        load("kinds.Nothing")
    with pytest.raises(ConfigError, match=r"kinds\.returns_none returned None"):
        Stack(["kinds.returns_none"], is_async=False)
    with pytest.raises(ConfigError, match="give True for the project's MIDDLEWARE, or a list"):
        BoltAPI(django_middleware="kinds.Sync")
    api = BoltAPI(django_middleware=["kinds.Sync"])
    api.get("/", skip_middleware=["kinds.Async"])(sync_handler)
    with pytest.raises(ConfigError, match=r"skips the middleware kinds\.Async, which does not enclose it"):
        api.freeze()


def test_skipping(enclosed: Enclosed) -> None:
    """By dotted path, by class, or all."""
    api = BoltAPI(django_middleware=["kinds.Sync", "kinds.Async"])
    api.get("/path", skip_middleware=["kinds.Sync"])(sync_handler)
    api.get("/class", skip_middleware=[kinds.Async])(sync_handler)
    api.get("/all", skip_middleware=["*"])(sync_handler)
    routes = {plan.path: plan.around and plan.around.names for plan in build([api]).app.routes}
    assert routes == {"/path": ("kinds.Async",), "/class": ("kinds.Sync",), "/all": None}


@HANDLERS
def test_responses_of_djangos_are_the_very_objects(enclosed: Enclosed, handler: Any) -> None:
    """Attributes that decorators set on them are read by middleware."""

    def exempt() -> HttpResponse:
        response = HttpResponse("framed")
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
        response["X-Own"] = "yes"
        return response

    async def aexempt() -> HttpResponse:
        return exempt()

    made = aexempt if handler is async_handler else exempt
    client = enclosed(["django.middleware.clickjacking.XFrameOptionsMiddleware"], ("/framed", made), ("/", handler))
    with override_settings(BOLT={"SECURITY_HEADERS": False}):
        assert client.get("/framed").headers["X-Frame-Options"] is None
        assert client.get("/").headers["X-Frame-Options"] == "DENY"
    assert client.get("/framed").headers["X-Own"] == "yes"
