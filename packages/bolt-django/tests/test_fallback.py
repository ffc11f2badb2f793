"""Paths that no route matches reach Django, and its replies reach the client."""

import json
from pathlib import Path
from typing import Any

import pytest
from bolt_core.config import ServerConfig
from bolt_django.project import Project
from boltsite import views
from boltsite_tools.inprocess import Client
from boltsite_tools.process import wait_until
from django.contrib.auth.models import User
from django.core import signals
from django.test import override_settings

pytestmark = pytest.mark.django_db


def meta(client: Client, path: str = "/echo/", **options: Any) -> dict[str, str]:
    """What a Django view sees of a request's META."""
    found: dict[str, str] = client.get(path, **options).json()["meta"]
    return found


def test_a_django_view_answers(client: Client) -> None:
    """A path of urls.py is served by Django with its middleware's headers."""
    reply = client.get("/echo/?q=1&q=2&empty=")

    assert reply.status == 200
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.json()["get"] == {"q": "2", "empty": ""}


def test_an_unknown_path_is_djangos_404(client: Client) -> None:
    """What neither side knows gets Django's own page."""
    reply = client.get("/nowhere")

    assert reply.status == 404
    assert b"<h1>Not Found</h1>" in reply.body


def test_path_is_decoded_once(client: Client) -> None:
    """PATH_INFO is percent-decoded once, as UTF-8, and broken UTF-8 stays escaped."""
    assert client.get("/echo/%C3%A9%2520/").json()["path_info"] == "/echo/é%20/"
    assert client.get("/echo/%ff/").json()["path_info"] == "/echo/%FF/"


@override_settings(FORCE_SCRIPT_NAME="/base")
def test_force_script_name(client: Client) -> None:
    """FORCE_SCRIPT_NAME prefixes the path that views see."""
    reply = client.get("/echo/").json()

    assert (reply["path"], reply["path_info"]) == ("/base/echo/", "/echo/")


def test_headers_arrive_as_wsgi_has_them(client: Client) -> None:
    """Repeated fields are joined by a comma and cookies by a semicolon."""
    request = b"GET /echo/ HTTP/1.1\r\nHost: testserver\r\nX-Twice: 1\r\nX-Twice: 2\r\nCookie: a=1\r\nCookie: b=2\r\n"
    reply = client.raw(request + b"Connection: close\r\n\r\n").json()

    assert reply["meta"]["HTTP_X_TWICE"] == "1,2"
    assert reply["cookies"] == {"a": "1", "b": "2"}


def test_headers_with_underscores_do_not_arrive(client: Client) -> None:
    """A name with an underscore cannot pass for the one with a hyphen."""
    meta = client.get("/echo/", headers={"X_Real_IP": "1.2.3.4", "X-Real-IP": "5.6.7.8"}).json()["meta"]
    assert meta["HTTP_X_REAL_IP"] == "5.6.7.8"


def test_server_and_peer(client: Client) -> None:
    """The environ names the server; an in-process peer has no address."""
    found = meta(client)

    assert (found["SERVER_NAME"], found["SERVER_PORT"], found["REMOTE_ADDR"]) == ("localhost", "80", "")
    assert found["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_a_form_with_a_file(client: Client) -> None:
    """A multipart form reaches POST and FILES."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\naxe\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncontent\r\n--x--\r\n'
    )
    reply = client.request("POST", "/echo/", body, {"Content-Type": "multipart/form-data; boundary=x"}).json()

    assert reply["post"] == {"title": "axe"}
    assert reply["files"] == {"file": "content"}


@pytest.mark.parametrize("limit", [1, 10_000_000])
def test_a_large_body_arrives_whole(client: Client, settings: Any, limit: int) -> None:
    """A body arrives whole, whether it is spooled to disk or held in memory."""
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = limit
    reply = client.request("POST", "/length/", b"x" * 300_000).json()

    assert reply == {"length": 300_000, "header": "300000"}


def test_a_chunked_body_has_a_length_for_django(client: Client) -> None:
    """Django reads a chunked body by the length that it turned out to have."""
    head = b"POST /length/ HTTP/1.1\r\nHost: testserver\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    reply = client.raw(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").json()

    assert reply == {"length": 5, "header": "5"}


def test_a_form_too_large_is_djangos_400(client: Client, settings: Any) -> None:
    """Django's own limits hold for its views."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert client.request("POST", "/echo/", b"a=" + b"x" * 100, form).status == 400


def test_head_has_the_head_of_get(client: Client) -> None:
    """HEAD of a Django page has GET's header fields and no body."""
    whole, head = client.get("/admin/login/"), client.request("HEAD", "/admin/login/")

    assert head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(whole.body))


def test_options_reaches_django(client: Client) -> None:
    """OPTIONS of a Django view is Django's to answer."""
    assert client.request("OPTIONS", "/echo/").json()["method"] == "OPTIONS"


def log_in(client: Client) -> tuple[str, str]:
    """Log into the admin as a browser does; returns the cookies and the CSRF token."""
    User.objects.create_superuser("admin", password="secret")
    page = client.get("/admin/login/")
    token = page.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    login = f"username=admin&password=secret&csrfmiddlewaretoken={token}&next=/admin/".encode()
    reply = client.request("POST", "/admin/login/", login, form)
    assert (reply.status, reply.headers["Location"]) == (302, "/admin/")
    cookies = "; ".join(value.split(";")[0] for value in reply.headers.get_all("Set-Cookie") or [])
    return cookies, cookies.split("csrftoken=")[1].split(";")[0]


def test_admin_login_needs_its_csrf_token(client: Client) -> None:
    """A login form without the cookie is refused."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert client.request("POST", "/admin/login/", b"username=admin&password=secret", form).status == 403


def test_admin_session_and_upload(client: Client, settings: Any, tmp_path: Path) -> None:
    """Session, CSRF, redirects and uploads work: log in, add an object with a file, see it through the API."""
    settings.MEDIA_ROOT = str(tmp_path)
    cookies, token = log_in(client)
    assert b"Site administration" in client.get("/admin/", {"Cookie": cookies}).body
    fields = {"name": "axe", "price": "1", "api_key": "k", "csrfmiddlewaretoken": token}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    file = '--x\r\nContent-Disposition: form-data; name="picture"; filename="a.txt"\r\n\r\npixels\r\n--x--\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": cookies}

    added = client.request("POST", "/admin/shop/product/add/", "".join([*parts, file]).encode(), form)

    assert added.status == 302
    assert (tmp_path / "pictures" / "a.txt").read_bytes() == b"pixels"
    assert client.get("/shop/products/async").json() == [{"name": "axe"}]


def test_a_broken_view_is_a_500_without_its_text(client: Client) -> None:
    """An exception in a view is Django's plain 500, and the signal fires once with Django's request."""
    seen = []

    def receive(sender: object, request: Any, **kwargs: object) -> None:
        seen.append(request.path)

    signals.got_request_exception.connect(receive)
    reply = client.get("/broken/")
    signals.got_request_exception.disconnect(receive)

    assert reply.status == 500
    assert b"secret" not in reply.body
    assert seen == ["/broken/"]


def test_request_signals_fire_once(client: Client) -> None:
    """request_started and request_finished fire once for a view, a stream and an error."""
    events: list[str] = []

    def started(**kwargs: object) -> None:
        events.append("started")

    def finished(**kwargs: object) -> None:
        events.append("finished")

    signals.request_started.connect(started)
    signals.request_finished.connect(finished)
    for path in ("/echo/", "/stream/", "/broken/"):
        client.get(path)
    signals.request_started.disconnect(started)
    signals.request_finished.disconnect(finished)

    assert events == ["started", "finished"] * 3


@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("HEAD", 301), ("POST", 308)])
def test_a_missing_slash_is_redirected(client: Client, method: str, status: int) -> None:
    """A path that only lacks a route's slash is redirected with its query."""
    reply = client.request(method, "/with-slash?a=%20b")

    assert (reply.status, reply.headers["Location"]) == (status, "/with-slash/?a=%20b")


def test_a_missing_slash_without_append_slash(client: Client, settings: Any) -> None:
    """Without APPEND_SLASH it is a 404."""
    settings.APPEND_SLASH = False

    assert client.get("/with-slash").status == 404


def test_djangos_own_slash_redirect(client: Client) -> None:
    """CommonMiddleware's redirects stay its own."""
    reply = client.get("/echo")

    assert (reply.status, reply.headers["Location"]) == (301, "/echo/")


def test_an_async_view_runs_on_the_event_loop(client: Client) -> None:
    """An `async def` view runs on the server's loop, and its ORM calls see the test's data."""
    User.objects.create(username="seen")
    reply = client.get("/async/").json()

    assert reply == {"thread": "bolt-inprocess", "count": 0}


def test_connections_survive_the_request_signals(client: Client) -> None:
    """Requests do not close the test's connection or end its transaction."""
    User.objects.create(username="kept")
    for path in ("/echo/", "/stream/rows/", "/shop/products/sync", "/shop/users"):
        assert client.get(path).status == 200

    assert User.objects.filter(username="kept").exists()
    assert json.loads(client.get("/shop/users").body)[0]["username"] == "kept"


def test_a_body_beyond_the_servers_limit_is_413(project: Project) -> None:
    """The engine's limit for streamed bodies holds for Django's views."""
    with Client(project, ServerConfig(max_streamed_body_size=10)) as client:
        assert client.request("POST", "/length/", b"x" * 10).json()["length"] == 10
        assert client.request("POST", "/length/", b"x" * 11).status == 413


def test_a_client_that_leaves_in_its_body_reaches_no_view(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Half a body never becomes a request of Django's, and is no error of the server's."""
    started: list[object] = []
    signals.request_started.connect(lambda **kwargs: started.append(kwargs), weak=False, dispatch_uid="half")
    sock = client.server.connect()
    sock.sendall(b"POST /length/ HTTP/1.1\r\nHost: testserver\r\nContent-Length: 10\r\n\r\nhalf")
    sock.close()
    assert client.get("/hello").status == 200
    signals.request_started.disconnect(dispatch_uid="half")

    assert started == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_view_whose_client_left_is_closed_when_it_ends(project: Project, django_db_blocker: Any) -> None:
    """A sync view cannot be interrupted; what it returns is closed, once, without a client."""
    finished: list[str] = []
    signals.request_finished.connect(lambda **kwargs: finished.append("once"), weak=False, dispatch_uid="left")
    with django_db_blocker.block(), Client(project, threads=2) as client:
        sock = client.server.connect()
        sock.sendall(b"GET /slow/?seconds=0.3 HTTP/1.1\r\nHost: testserver\r\n\r\n")
        wait_until(lambda: client.server.pool.native.counts()[0] > 0, "the view begins")
        sock.close()
        wait_until(lambda: bool(finished), "the response is closed")
    signals.request_finished.disconnect(dispatch_uid="left")

    assert finished == ["once"]


def test_an_async_view_whose_client_left_is_cancelled(project: Project, django_db_blocker: Any) -> None:
    """An async view ends with its client."""
    views.events.clear()
    with django_db_blocker.block(), Client(project, threads=2) as client:
        sock = client.server.connect()
        sock.sendall(b"GET /async/slow/ HTTP/1.1\r\nHost: testserver\r\n\r\n")
        wait_until(lambda: views.events == ["begun"], "the view begins")
        sock.close()
        wait_until(lambda: views.events == ["begun", "cancelled"], "the view is cancelled")
