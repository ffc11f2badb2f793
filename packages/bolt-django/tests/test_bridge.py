"""Our routes served by Django's own handlers: its test clients stand for WSGI and ASGI servers."""

import io
import logging
from typing import Any

import pytest
from boltsite.gate.api import cancelled
from boltsite.shop.models import Product
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.test import AsyncClient, Client, TestCase, TransactionTestCase

JSON = "application/json"


@pytest.fixture
def web() -> Client:
    """Django's client, through Django's middleware."""
    return Client()


@pytest.fixture
def async_web() -> AsyncClient:
    """The same for ASGI."""
    return AsyncClient()


def test_a_route_answers(web: Client) -> None:
    """With its parameters, its status and its fields."""
    response = web.get("/gate/items/3?q=%C3%A4+b")

    assert response.status_code == 200
    assert response.json() == {"item": 3, "q": "ä b"}
    assert response["Content-Type"] == JSON
    assert response["Content-Length"] == str(len(response.content))
    assert response["X-Content-Type-Options"] == "nosniff"  # SecurityMiddleware's


async def test_a_route_answers_on_a_loop(async_web: AsyncClient) -> None:
    """The same under ASGI."""
    response = await async_web.get("/gate/items/3?q=%C3%A4+b")

    assert response.status_code == 200
    assert response.json() == {"item": 3, "q": "ä b"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/gate/items/x", 422),
        ("get", "/gate/items/0", 422),
        ("put", "/gate/items/3", 405),
        ("options", "/gate/items/3", 204),
        ("get", "/gate/nowhere", 404),
        ("head", "/gate/items/3", 200),
        ("get", "/gate/slashed", 301),
    ],
)
async def test_statuses_are_the_engines(
    web: Client, async_web: AsyncClient, client: Any, method: str, path: str, status: int
) -> None:
    """Whether the engine has the socket or Django does; what neither knows is Django's 404."""
    own = client.request(method.upper(), path)
    async_response = await getattr(async_web, method)(path)

    assert (own.status, async_response.status_code) == (status, status)
    if status != 404:
        assert own.body == async_response.content
        assert own.headers.get("Allow") == async_response.headers.get("Allow")


def test_statuses_of_a_thread_are_the_engines(web: Client) -> None:
    """Refusals as well, with their bodies."""
    response = web.get("/gate/items/x")

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["path", "item_id"]
    assert web.put("/gate/items/3")["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.django_db
def test_the_tests_data_is_seen(web: Client) -> None:
    """By both kinds of handler, and what they write by the test: all in its transaction."""
    Product.objects.create(name="axe")

    made = web.post("/gate/add", {"name": "bow"}, content_type=JSON)

    assert made.json()["id"] == Product.objects.get(name="bow").pk
    assert web.get("/gate/names").json() == ["axe", "bow"]


class InATestCase(TestCase):
    """Django's own kind of test."""

    @classmethod
    def setUpTestData(cls) -> None:
        Product.objects.create(name="axe")

    def test_queries_are_counted(self) -> None:
        """As those of a view."""
        with self.assertNumQueries(1):
            assert self.client.get("/gate/names").json() == ["axe"]

    async def test_an_async_test_shares_its_data(self) -> None:
        """With Django's asynchronous client."""
        await Product.objects.acreate(name="bow")
        made = await self.async_client.post("/gate/add", {"name": "cup"}, content_type=JSON)

        assert made.status_code == 200
        assert (await self.async_client.get("/gate/names")).json() == ["axe", "bow", "cup"]
        assert await Product.objects.acount() == 3


class Committing(TransactionTestCase):
    """Where every statement commits."""

    def test_rows_are_shared(self) -> None:
        """And the handler is in no transaction of the test's."""
        made = self.client.post("/gate/add", {"name": "axe"}, content_type=JSON)

        assert made.json()["atomic"] is False
        assert self.client.get("/gate/names").json() == ["axe"]


def test_forms_and_files_are_parsed_by_the_engine(web: Client) -> None:
    """Urlencoded and multipart."""
    assert web.post("/gate/form", {"title": "short"}).json() == {"title": "short"}
    assert web.post("/gate/form", {"title": "too long"}).status_code == 422
    encoded = web.post("/gate/form", "title=a+b", content_type="application/x-www-form-urlencoded")
    assert encoded.json() == {"title": "a b"}


def test_a_body_and_its_reply_stream_at_once(web: Client) -> None:
    """More than sockets hold, each way."""
    data = bytes(range(256)) * 16_384  # 4 MiB

    response = web.post("/gate/echo", data, content_type="application/octet-stream")

    assert response.streaming
    assert b"".join(response) == data


async def test_a_body_and_its_reply_stream_at_once_on_a_loop(async_web: AsyncClient) -> None:
    """The same under ASGI."""
    data = bytes(range(256)) * 16_384

    response = await async_web.post("/gate/echo", data, content_type="application/octet-stream")

    assert b"".join([part async for part in response]) == data


def test_a_body_without_length_is_none(web: Client) -> None:
    """A client that says nothing of a body sends none."""
    assert web.post("/gate/form").status_code == 422


def test_cookies_leave_as_they_were_set(web: Client) -> None:
    """Each in a field of its own, and Django's client keeps them."""
    response = web.get("/gate/cookies")

    assert response.status_code == 202
    assert response["X-Own"] == "1"
    assert {cookie.OutputString() for cookie in response.cookies.values()} == {
        'one="a b"; Path=/; HttpOnly; SameSite=Strict',
        "two=2; Path=/gate; SameSite=Lax",
    }
    assert web.cookies["one"].value == "a b"


@pytest.mark.django_db
def test_the_user_of_djangos_middleware_is_the_handlers(web: Client) -> None:
    """And its session, whose changes are saved."""
    web.force_login(User.objects.create_user("ada"))

    assert web.get("/gate/who").json()["user"] == "ada"
    web.post("/gate/visit")
    assert web.get("/gate/who/sync").json() == {"user": "ada", "visits": 1}


@pytest.mark.django_db(transaction=True)
async def test_the_user_is_the_handlers_on_a_loop(async_web: AsyncClient) -> None:
    """With `await request.auser()`."""
    await async_web.aforce_login(await User.objects.acreate(username="ada"))

    assert (await async_web.get("/gate/who")).json()["user"] == "ada"


def test_scheme_and_client_are_those_of_the_server_in_front(web: Client) -> None:
    """Not those of the way to the engine."""
    found = web.get("/gate/who", secure=True, REMOTE_ADDR="192.0.2.7").json()

    assert found == {"user": "", "scheme": "https", "client": "192.0.2.7"}


@pytest.mark.django_db
class TestForgery:
    """A session speaks for the user, so a request of its must prove that it comes from the site."""

    @pytest.fixture
    def strict(self) -> Client:
        """A client that is logged in and checks tokens."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_user("ada"))
        return client

    def test_without_a_token_is_refused(self, strict: Client) -> None:
        """By Django's own page, before the handler runs."""
        assert strict.post("/gate/visit").status_code == 403

    def test_with_a_token_in_a_field_passes(self, strict: Client) -> None:
        """The header that scripts send; the body stays the handler's."""
        strict.cookies["csrftoken"] = "a" * 32
        response = strict.post("/gate/form", {"title": "short"}, headers={"X-CSRFToken": "a" * 32})

        assert response.json() == {"title": "short"}

    def test_with_a_token_in_a_form_passes(self, strict: Client) -> None:
        """And the handler still gets the form."""
        strict.cookies["csrftoken"] = "a" * 32
        response = strict.post("/gate/form", {"title": "short", "csrfmiddlewaretoken": "a" * 32})

        assert response.json() == {"title": "short"}

    def test_other_credentials_need_none(self, strict: Client) -> None:
        """No browser sends a token of this kind by itself."""
        assert strict.post("/gate/visit", headers={"Authorization": "Bearer x"}).status_code == 200

    def test_without_a_session_none_is_needed(self) -> None:
        """There is nobody to speak for."""
        assert Client(enforce_csrf_checks=True).post("/gate/form", {"title": "a"}).status_code == 200


def test_an_exception_is_raised_in_the_test(web: Client, caplog: pytest.LogCaptureFixture) -> None:
    """As Django's client does for views; others read a 500, logged once."""
    with pytest.raises(RuntimeError, match="on purpose"):
        web.get("/gate/broken")
    caplog.clear()
    quiet = Client(raise_request_exception=False)
    assert quiet.get("/gate/broken").status_code == 500
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1


def test_a_stream_that_fails_is_cut(web: Client) -> None:
    """It must not look complete."""
    response = web.get("/gate/cut")

    parts = iter(response)
    assert next(parts) == b"begin"
    with pytest.raises(ConnectionAbortedError):
        next(parts)


async def test_a_stream_that_fails_is_cut_on_a_loop(async_web: AsyncClient) -> None:
    """The same under ASGI."""
    parts = aiter(await async_web.get("/gate/cut"))

    assert await anext(parts) == b"begin"
    with pytest.raises(ConnectionAbortedError):
        await anext(parts)


def test_closing_a_stream_cancels_its_handler(web: Client) -> None:
    """As a client that leaves."""
    cancelled.clear()
    response = web.get("/gate/wait")
    response.close()

    assert cancelled.wait(20)


async def test_closing_a_stream_cancels_its_handler_on_a_loop(async_web: AsyncClient) -> None:
    """The same under ASGI."""
    cancelled.clear()
    response = await async_web.get("/gate/wait")
    assert await anext(aiter(response)) == b"begin"
    response.close()

    while not cancelled.is_set():
        import asyncio

        await asyncio.sleep(0)


def test_a_body_that_a_middleware_has_used_up_is_told(web: Client) -> None:
    """Instead of an empty one for the handler."""
    from bolt_django.bridge import views

    environ = web._base_environ(
        **{"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"abc"), "PATH_INFO": "/gate/form"}
    )
    request = WSGIRequest(environ)
    request.read(1)

    with pytest.raises(RuntimeError, match="used up the body"):
        views.blocking(request)
