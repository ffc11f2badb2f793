"""The request that handlers get."""

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI, HTTPException, MultiDict, Request
from bolt_core import request as request_module
from bolt_core.request import (
    RequestSupport,
    register_absent_attribute,
    register_request_attribute,
    register_request_method,
    register_request_support,
)
from raw_client import Served
from request_reader import Asked

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def ask(served: Callable[..., Served]) -> Asked:
    """Reads a request inside a handler."""
    return Asked(served)


@pytest.fixture
def registered() -> Iterator[None]:
    """Puts back what a test registers."""
    places: list[Any] = [request_module._attributes, request_module._methods, request_module._remedies]
    before, supports = [place.copy() for place in places], list(request_module._supports)
    yield
    request_module._supports[:] = supports
    for place, content in zip(places, before, strict=True):
        place.clear()
        place.update(content)


def test_query_parameters_are_one_multidict(ask: Asked) -> None:
    """`GET` and `query_params` are the same immutable object, whose `[]` gives the last value."""
    got = ask(lambda request: (request.GET, request.query_params), target="/?k=1&k=2&e=&s=a+b%20c")

    assert got[0] is got[1]
    assert isinstance(got[0], MultiDict)
    assert dict(got[0].lists()) == {"k": ["1", "2"], "e": [""], "s": ["a b c"]}
    assert got[0]["k"] == "2"


def test_a_query_of_too_many_parameters_is_413(ask: Asked) -> None:
    """As where the handler declares them."""
    with pytest.raises(HTTPException, match="too many parameters"):
        ask(lambda request: request.GET, target="/?" + "&".join(["a=1"] * 1001))

    assert ask.answer is not None
    assert ask.answer.status == 413


def test_cookies_under_both_names(ask: Asked) -> None:
    """`COOKIES` is `cookies`; of a repeated name the last counts."""
    got = ask(lambda request: (request.COOKIES, request.cookies), headers={"Cookie": 'a=1; b="x y"; a=2'})

    assert got[0] is got[1]
    assert got[0] == {"a": "2", "b": "x y"}


def test_meta_has_cgi_names(ask: Asked) -> None:
    """`META` is made once and may be changed, as Django's middleware does."""
    got = ask(lambda request: (request.META, request.META), target="/a%20b?q=1", headers={"X-Token": "t"})

    assert got[0] is got[1]
    assert {name: got[0][name] for name in ("PATH_INFO", "QUERY_STRING", "HTTP_X_TOKEN", "SERVER_NAME")} == {
        "PATH_INFO": "/a b",
        "QUERY_STRING": "q=1",
        "HTTP_X_TOKEN": "t",
        "SERVER_NAME": "test",
    }
    got[0]["REMOTE_ADDR"] = "192.0.2.1"


def test_where_the_request_was_sent(ask: Asked) -> None:
    """Host, port, paths and absolute URIs; without a framework no proxy's header is believed."""
    headers = {"Host": "Test:8000", "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "https"}

    def read(request: Request) -> list[Any]:
        return [
            request.get_host(),
            request.get_port(),
            request.scheme,
            request.is_secure(),
            request.path_info,
            request.get_full_path(),
            request.get_full_path(force_append_slash=True),
            request.build_absolute_uri(),
            request.build_absolute_uri("../c"),
        ]

    assert ask(read, target="/a%20b/x?q=1", headers=headers) == [
        "Test:8000",
        "8000",
        "http",
        False,
        "/a b/x",
        "/a%20b/x?q=1",
        "/a%20b/x/?q=1",
        "http://Test:8000/a%20b/x?q=1",
        "http://Test:8000/c",
    ]


def test_without_a_host(served: Callable[..., Served]) -> None:
    """HTTP/1.0 may come without one; absolute URIs then name this machine."""
    api = BoltAPI()

    @api.get("/")
    def show(request: Request) -> list[str]:
        return [request.host, request.get_host(), request.get_port(), str(request.url)]

    assert served(api).send(b"GET / HTTP/1.0\r\n\r\n").json() == ["", "localhost", "80", "http://localhost/"]


def test_url_has_parts(ask: Asked) -> None:
    """`url` is the absolute URL as text, with its parts as attributes."""
    url = ask(lambda request: request.url, target="/a/?q=1", headers={"Host": "[::1]:8000"})

    assert url == "http://[::1]:8000/a/?q=1"
    assert (url.host, url.port, url.path, url.query) == ("::1", 8000, "/a/", "q=1")


def test_no_client_in_process(ask: Asked) -> None:
    """A peer without an address is `None`."""
    assert ask(lambda request: request.client) is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Text/Plain; Charset=Latin-1", ("text/plain", {"charset": "Latin-1"}, "iso8859-1")),
        ('multipart/form-data; boundary="a;b"', ("multipart/form-data", {"boundary": "a;b"}, None)),
        ("text/plain; charset=no-such", ("text/plain", {"charset": "no-such"}, None)),
        (";;", ("", {}, None)),
    ],
)
def test_content_type_is_taken_apart(ask: Asked, sent: str, expected: tuple[str, dict[str, str], str | None]) -> None:
    """Type in lower case, parameters, and a charset that Python knows."""

    def read(request: Request) -> tuple[Any, ...]:
        return request.content_type, request.content_params, request.encoding

    assert ask(read, "POST", headers={"Content-Type": sent}) == expected


def test_no_content_type(ask: Asked) -> None:
    """Then it is empty, as Django has it."""
    assert ask(lambda request: (request.content_type, request.content_params, request.encoding)) == ("", {}, None)


def test_accepts(ask: Asked) -> None:
    """Asked of the Accept field; without one everything is accepted."""

    def read(request: Request) -> tuple[bool, bool]:
        return request.accepts("text/html"), request.accepts("application/json")

    assert ask(read) == (True, True)
    assert ask(read, headers={"Accept": "text/html"}) == (True, False)


def test_path_parameters_as_the_handler_takes_them(served: Callable[..., Served]) -> None:
    """Converted where a parameter of the handler says how, decoded text elsewhere."""
    api, seen = BoltAPI(), list[Any]()

    @api.get("/{number}/{flag}/{text}")
    def show(request: Request, number: int, flag: bool) -> None:
        seen.extend([request.path_params, request.path_params])

    served(api).get("/7/true/a%20b")

    assert seen[0] is seen[1]
    assert seen[0] == {"number": 7, "flag": True, "text": "a b"}


def test_a_refused_path_parameter_stays_text(served: Callable[..., Served], registered: None) -> None:
    """Whoever sees the request of a 422 reads what was sent."""
    api, seen = BoltAPI(), list[Any]()
    api.exception_handler(HTTPException)(lambda request, exc: seen.append(request.path_params))

    @api.get("/{number}")
    def show(number: int) -> None: ...

    served(api).get("/seven")

    assert seen == [{"number": "seven"}]


def test_attributes_are_kept_in_state(ask: Asked) -> None:
    """What is set on the request is in `state` under its name, and the other way round."""

    def read(request: Request) -> list[Any]:
        request.user = "ann"
        request.state["tenant"] = "acme"
        untyped: Any = request
        before = [request["user"], request.get("user"), "user" in request, untyped.tenant, dict(request.state)]
        del untyped.user
        return [*before, hasattr(request, "user"), request.get("user"), "user" in request]

    state = {"user": "ann", "tenant": "acme"}
    assert ask(read) == ["ann", "ann", True, "acme", state, False, None, False]


def test_what_the_client_sent_cannot_be_set(ask: Asked) -> None:
    """Assigning to a name of the request itself is an `AttributeError` that says so."""

    def read(request: Any) -> None:
        for name in ("method", "GET", "META", "get_host", "state", "json"):
            with pytest.raises(AttributeError, match=f"request.{name} is read-only"):
                setattr(request, name, "x")
        with pytest.raises(AttributeError, match="has not been set"):
            del request.method
        with pytest.raises(AttributeError, match="has not been set"):
            del request.user

    ask(read)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("user", "nothing has authenticated this request"),
        ("session", "add a session middleware"),
        ("data", r"request\.json\(\)"),
        ("is_ajax", "x-requested-with"),
        ("something", r"request\.something has not been set$"),
    ],
)
def test_an_absent_attribute_says_what_to_do(ask: Asked, name: str, words: str) -> None:
    """`AttributeError`, so that `hasattr` and `getattr` with a default work."""

    def read(request: Request) -> None:
        assert not hasattr(request, name)
        assert getattr(request, name, 1) == 1
        getattr(request, name)

    with pytest.raises(AttributeError, match=words):
        ask(read)


def test_auth_is_a_dict(ask: Asked) -> None:
    """Empty without credentials, under each way to ask; what authentication sets is seen by all of them."""

    def read(request: Request) -> list[Any]:
        before = [request.auth, request["auth"], request.get("auth"), request.get("auth", {"x": 1})]
        request.state["auth"] = {"user_id": "1"}
        return [*before, request.auth, request["auth"], request.get("auth", {})]

    assert ask(read) == [{}, {}, {}, {"x": 1}, *[{"user_id": "1"}] * 3]


def test_a_missing_key_is_a_key_error(ask: Asked) -> None:
    """As of a dict."""
    with pytest.raises(KeyError, match="'nothing'"):
        ask(lambda request: request["nothing"])


def test_registered_attributes_and_methods(ask: Asked, registered: None) -> None:
    """An attribute is made once for each request, a method called with it; what is set wins over both."""
    made: list[Request] = []
    register_request_attribute("tenant", lambda request: made.append(request) or object())  # type: ignore[func-returns-value]
    register_request_method("greet", lambda request, name: f"{request.method} {name}")
    register_absent_attribute("session", "bake one")

    def read(request: Any) -> list[Any]:
        same = request.tenant is request.tenant
        request.tenant = "set"
        with pytest.raises(AttributeError, match="has not been set: bake one"):
            _ = request.session
        return [same, request.tenant, request.greet("ann"), dict(request.state)]

    assert ask(read) == [True, "set", "GET ann", {"tenant": "set"}]
    assert len(made) == 1


def test_a_registered_support_decides(ask: Asked, registered: None) -> None:
    """What depends on the framework around is asked of it."""

    class Behind(RequestSupport):
        def scheme(self, request: Request) -> str:
            return "https"

        def host(self, request: Request) -> str:
            return "shop.example"

    register_request_support(Behind())

    assert ask(lambda request: (request.url, request.is_secure(), request.get_port())) == (
        "https://shop.example/",
        True,
        "443",
    )


async def _user(request: Request) -> str:
    return "ann"


def test_auser_awaits(served: Callable[..., Served]) -> None:
    """`await request.auser()` is the user, awaited where that is needed; middleware may set another."""
    api = BoltAPI()

    @api.get("/")
    async def show(request: Request) -> list[str]:
        request.user = "plain"
        plain = await request.auser()
        request.user = _user(request)
        awaited = await request.auser()

        async def auser() -> str:
            return "other"

        request.auser = auser
        return [plain, awaited, await request.auser()]

    assert served(api).get("/").json() == ["plain", "ann", "other"]


def test_lazy_values_are_shared_by_threads(ask: Asked, registered: None) -> None:
    """Two threads that read a value for the first time at once get the same object."""
    meet = threading.Barrier(2)

    def make(request: Request) -> object:
        meet.wait(10)
        return object()

    register_request_attribute("slow", make)

    def read(request: Any) -> list[Any]:
        found: list[Any] = []
        threads = [threading.Thread(target=lambda: found.append(request.slow)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    first, second = ask(read)
    assert first is second


def test_a_request_in_its_own_state_is_collected(ask: Asked) -> None:
    """A cycle through `state` or a lazy value does not leak."""

    class Marker:
        """Can be referred to weakly."""

    def read(request: Any) -> weakref.ref[Marker]:
        marker = Marker()
        request.myself, request.marker = request, marker
        return weakref.ref(marker)

    marker = ask(read)
    gc.collect()

    assert marker() is None


def test_a_request_can_be_referred_to_weakly_and_not_copied(ask: Asked) -> None:
    """It belongs to its connection, which the error of pickling and copying says."""

    def read(request: Request) -> None:
        assert weakref.ref(request)() is request
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            pickle.dumps(request)
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            copy.copy(request)

    ask(read)


def test_no_secret_in_a_repr(ask: Asked) -> None:
    """Neither the query nor a header's value, which may end in a log."""
    headers = {"Authorization": "Bearer secret", "Cookie": "session=secret"}

    said = ask(lambda request: repr(request) + repr(request.headers), target="/a?token=secret", headers=headers)

    assert said == '<Request GET "/a"><Headers host, content-length, authorization, cookie>'
