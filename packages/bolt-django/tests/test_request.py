"""The request in Django's terms."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from bolt_core import BoltAPI, Form, Request
from bolt_django.project import build
from bolt_django.request import SUPPORT
from boltsite_tools.inprocess import Client, Reply
from django import forms
from django.contrib import messages
from django.contrib.auth import aget_user, alogin, authenticate, get_user, login, logout
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sites.shortcuts import get_current_site
from django.core import signing
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.test import override_settings
from django.utils.datastructures import MultiValueDict
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_request

pytestmark = pytest.mark.django_db

type Read = Callable[[Any], Any]


class Asked:
    """What a handler of one request makes of it."""

    reply: Reply

    def __call__(self, read: Read, method: str = "GET", path: str = "/it", body: bytes = b"", **headers: str) -> Any:
        """What *read*(request) returns, or raises, in a `def` handler; sees the test's data."""
        api, found = BoltAPI(), list[Any]()

        @api.route("/it", methods=["GET", "POST", "PUT"])
        @api.route("/{number}/it", methods=["GET", "POST"])
        def handler(request: Request) -> None:
            try:
                found.append(read(request))
            except Exception as error:
                found.append(error)
                raise

        with Client(build([api])) as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            self.reply = client.request(method, path, body, named)
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]


@pytest.fixture
def ask() -> Asked:
    """Reads a request inside a handler."""
    return Asked()


def run_async(handler: Callable[[Request], Any]) -> Reply:
    """The reply of an `async def` handler."""
    api = BoltAPI()
    api.get("/it")(handler)
    with Client(build([api])) as client:
        return client.get("/it")


def test_parameters_are_a_querydict(ask: Asked) -> None:
    """Django's own class, immutable, with copies that are not."""
    got = ask(lambda request: (request.GET, request.query_params), path="/it?a=1&a=2")

    assert got[0] is got[1]
    assert type(got[0]) is QueryDict
    assert got[0].getlist("a") == ["1", "2"]
    with pytest.raises(AttributeError, match="immutable"):
        got[0]["a"] = "3"
    copied = got[0].copy()
    copied["a"] = "3"


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=2)
def test_too_many_parameters_are_413(ask: Asked) -> None:
    """Django's own limit holds."""
    with pytest.raises(Exception, match=r"exceeded settings\.DATA_UPLOAD_MAX_NUMBER_FIELDS"):
        ask(lambda request: request.GET, path="/it?a=1&b=2&c=3")

    assert ask.reply.status == 413


def test_a_request_without_credentials_is_anonymous(ask: Asked) -> None:
    """`user` is `AnonymousUser`, one and the same; nothing of it is in `state`."""
    got = ask(lambda request: (request.user, request.user, dict(request.state)))

    assert isinstance(got[0], AnonymousUser)
    assert got[0] is got[1]
    assert got[2] == {}


def test_no_session_says_what_to_add(ask: Asked) -> None:
    """`AttributeError` that names Django's middleware."""
    with pytest.raises(AttributeError, match="SessionMiddleware"):
        ask(lambda request: request.session)


@override_settings(INSTALLED_APPS=["bolt_django"])
def test_no_user_without_djangos_auth(ask: Asked) -> None:
    """A project without django.contrib.auth is told so."""
    with pytest.raises(AttributeError, match=r"django\.contrib\.auth in INSTALLED_APPS"):
        ask(lambda request: request.user)


def where(request: Any) -> tuple[Any, ...]:
    """Where a request was sent."""
    return request.get_host(), request.get_port(), request.scheme, request.is_secure(), str(request.url)


PROXY = {"X_Forwarded_Host": "localhost:8443", "X_Forwarded_Port": "8443", "X_Forwarded_Proto": "https"}


def test_no_proxy_is_believed_by_itself(ask: Asked) -> None:
    """Host and scheme are those of the connection, the port is where the server listens."""
    assert ask(where, **PROXY) == ("testserver", "80", "http", False, "http://testserver/it")


@override_settings(
    USE_X_FORWARDED_HOST=True, USE_X_FORWARDED_PORT=True, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")
)
def test_a_trusted_proxy_is_believed(ask: Asked) -> None:
    """With Django's settings for it."""
    assert ask(where, **PROXY) == ("localhost:8443", "8443", "https", True, "https://localhost:8443/it")


@override_settings(USE_X_FORWARDED_HOST=True)
def test_a_forwarded_host_must_be_allowed(ask: Asked) -> None:
    """ALLOWED_HOSTS holds for it as for the Host field: 400."""
    with pytest.raises(Exception, match="evil"):
        ask(where, X_Forwarded_Host="evil.example")

    assert ask.reply.status == 400


def test_signed_cookies(ask: Asked) -> None:
    """`get_signed_cookie` is Django's."""
    response = HttpResponse()
    response.set_signed_cookie("cart", "7")
    signed = response.cookies["cart"].value

    assert ask(lambda request: request.get_signed_cookie("cart"), Cookie=f"cart={signed}") == "7"
    with pytest.raises(signing.BadSignature):
        ask(lambda request: request.get_signed_cookie("cart"), Cookie="cart=7:forged")


PROCESSORS = ["csrf", "request", "debug", "i18n", "media", "static", "tz"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                *(f"django.template.context_processors.{name}" for name in PROCESSORS),
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {
                        "it.html": "{{ request.path }} {{ user.is_authenticated }} {{ request.GET.q }} {{ perms.x.y }}"
                        "{% csrf_token %}{% for message in messages %}{{ message }}{% endfor %}"
                    },
                )
            ],
        },
    }
]


@override_settings(TEMPLATES=TEMPLATES)
def test_render_with_every_context_processor(ask: Asked) -> None:
    """`django.shortcuts.render` takes the request; messages are shown."""

    def read(request: Any) -> str:
        request.session = SessionStore()
        request._messages = FallbackStorage(request)
        messages.info(request, "hello")
        return render(request, "it.html").content.decode()

    page = ask(read, path="/it?q=%3Cb%3E")
    assert page.startswith("/it False &lt;b&gt; False")
    assert 'name="csrfmiddlewaretoken"' in page
    assert page.endswith("hello")


def test_the_language_of_a_request(ask: Asked) -> None:
    """By path, cookie or Accept-Language."""
    assert ask(get_language_from_request, Accept_Language="de, en;q=0.5") == "de"
    assert ask(get_language_from_request, Cookie="django_language=fr", Accept_Language="de") == "fr"


def test_the_site_of_a_request(ask: Asked) -> None:
    """Without django.contrib.sites it is the request's host."""
    assert ask(lambda request: get_current_site(request).domain) == "testserver"


def test_redirects(ask: Asked) -> None:
    """To the login page and back, by the request's own address."""
    assert (
        ask(lambda request: redirect_to_login(request.get_full_path(), "/in").url, path="/it?a=1")
        == "/in?next=/it%3Fa%3D1"
    )
    assert ask(lambda request: redirect(request.build_absolute_uri("/x")).url) == "http://testserver/x"


def test_login_and_logout(ask: Asked) -> None:
    """Django's `login` and `logout` set user and session on the request."""
    User.objects.create_user("ann", password="secret")

    def read(request: Any) -> list[Any]:
        request.session = SessionStore()
        user = authenticate(request, username="ann", password="secret")
        login(request, user)
        found = [request.user.username, get_user(request).username, "CSRF_COOKIE" in request.META]
        logout(request)
        return [*found, request.user.is_authenticated, request.session.is_empty()]

    assert ask(read) == ["ann", "ann", True, False, True]


def test_asynchronous_login() -> None:
    """`alogin` sets the user and `auser`."""
    User.objects.create_user("ann", password="secret")

    async def handler(request: Request) -> list[Any]:
        anonymous = await request.auser()
        request.session = SessionStore()
        await alogin(request, await User.objects.aget(username="ann"))
        seen = [anonymous.is_anonymous, request.user.username, (await request.auser()).username]
        return [*seen, (await aget_user(request)).username]

    assert run_async(handler).json() == [True, "ann", "ann", "ann"]


def test_auser_loads_off_the_loop() -> None:
    """A user that is loaded when first touched is loaded where a query may block."""
    User.objects.create_user("ann")

    async def handler(request: Request) -> str:
        request.user = SimpleLazyObject(lambda: User.objects.get(username="ann"))
        user = await request.auser()
        return str(user.username)

    assert run_async(handler).body == b"ann"


def test_as_django(ask: Asked) -> None:
    """A `WSGIRequest` with head, body, form and what was set on the request."""

    def read(request: Any) -> WSGIRequest:
        request.META["REMOTE_ADDR"] = "192.0.2.1"
        request.session = "kept"
        request.method_of_mine = 1
        return request.as_django()

    form = {"Content_Type": "application/x-www-form-urlencoded", "X_Token": "t"}
    made = ask(read, "POST", "/it?q=1", b"a=1&a=2", **form)

    assert isinstance(made, WSGIRequest)
    assert (made.method, made.get_full_path(), made.body) == ("POST", "/it?q=1", b"a=1&a=2")
    assert made.POST.getlist("a") == ["1", "2"]
    assert (made.headers["x-token"], made.META["REMOTE_ADDR"]) == ("t", "192.0.2.1")
    assert (made.session, made.user.is_anonymous, made.method_of_mine) == ("kept", True, 1)


def test_the_server_address_is_the_projects(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """SERVER_NAME and SERVER_PORT are where the server listens, as Django has them."""
    monkeypatch.setattr(SUPPORT, "address", ("192.0.2.7", "8000"))

    assert ask(lambda request: (request.META["SERVER_NAME"], request.get_port())) == ("192.0.2.7", "8000")


MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nmine\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n'
    b"--x--\r\n"
)


class UploadForm(forms.Form):
    """A form of Django's with a file."""

    title = forms.CharField(max_length=5)
    file = forms.FileField()


def test_djangos_forms(ask: Asked) -> None:
    """`POST` and `FILES` are what a Form takes."""

    def read(request: Any) -> list[Any]:
        form = UploadForm(request.POST, request.FILES)
        assert form.is_valid(), form.errors
        return [type(request.POST), type(request.FILES), form.cleaned_data["title"], form.cleaned_data["file"].read()]

    found = ask(read, "POST", body=MULTIPART, Content_Type="multipart/form-data; boundary=x")
    assert found == [QueryDict, MultiValueDict, "mine", b"hello"]


def test_post_cannot_be_changed(ask: Asked) -> None:
    """As in Django, but for a copy."""
    post = ask(lambda request: request.POST, "POST", body=b"a=1", Content_Type="application/x-www-form-urlencoded")

    with pytest.raises(AttributeError, match="immutable"):
        post["a"] = "2"
    assert post.copy().urlencode() == "a=1"


def test_as_django_has_a_form_that_was_parsed_before() -> None:
    """A route with declared fields has no bytes left to parse again."""
    api, found = BoltAPI(), list[Any]()

    @api.post("/it")
    def handler(request: Request, title: Annotated[str, Form()]) -> None:
        made = request.as_django()
        found.extend([title, made.POST["title"], made.FILES["file"].read()])

    with Client(build([api])) as client:
        client.request("POST", "/it", MULTIPART, {"Content-Type": "multipart/form-data; boundary=x"})

    assert found == ["mine", "mine", b"hello"]
