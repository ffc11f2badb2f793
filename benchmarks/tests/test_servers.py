"""servers: a server is ready when it answers, is gone afterwards, and says why it could not start."""

import http.client
import json
import os
import re
import shutil
import socket
import sys
from contextlib import nullcontext
from dataclasses import replace

import pytest

from benchmarks import cases, load, measure, servers

pytestmark = pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset pins processes on Linux")

# Answers every GET with the text given as its second argument, every POST with that and status 422.
ANSWERING = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[2].encode())
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(422)
        self.end_headers()
        self.wfile.write(sys.argv[2].encode())
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def setting(tmp_path):
    """A free port and a folder."""
    return servers.Setting(servers.free_port(), tmp_path, tmp_path / "users.sqlite3")


@pytest.fixture
def core():
    """A core that this process may run on."""
    return min(os.sched_getaffinity(0))


def answering(text):
    """A server that answers with *text*."""
    return servers.Server("fake", "a fake", lambda s: [sys.executable, "-c", ANSWERING, str(s.port), text])


def test_server_answers_while_it_runs_and_is_gone_afterwards(setting, core):
    """Within the block the server answers on its port; after it nothing listens there."""
    with servers.running(answering("hello"), setting, core=core) as running:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"hello"
        connection.close()
        assert running.start_seconds > 0

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", setting.port)) != 0


def test_server_that_ends_is_an_error_with_its_last_words(setting, core):
    """A server that cannot start is told by name with what it printed."""
    broken = servers.Server("fake", "a fake", lambda _: [sys.executable, "-c", "raise SystemExit('no such option')"])

    with (
        pytest.raises(servers.ServerError, match=r"a fake did not answer .* no such option"),
        servers.running(broken, setting, core=core),
    ):
        pytest.fail("a server that ended was taken as ready")


def test_wrong_answer_is_not_measured(setting, core):
    """An answer other than the expected one is an error before anything is timed."""
    with (
        servers.running(answering('{"message": "Hello?"}'), setting, core=core) as running,
        pytest.raises(load.LoadError, match="wrong answer 200"),
    ):
        measure.validate(running, cases.BY_KEY["hello"])


def test_right_answer_passes_however_it_is_spaced(setting, core):
    """JSON is compared by value, not by its bytes."""
    with servers.running(answering('{ "message":"Hello, World!" }'), setting, core=core) as running:
        measure.validate(running, cases.BY_KEY["hello"])


@pytest.mark.parametrize(("text", "right"), [("<p>11\nusers</p>", True), ("<p>no users</p>", False)])
def test_pattern_is_searched_in_a_page(setting, core, text, right):
    """A page that differs from one request to the next is known by what it must hold."""
    case = replace(cases.BY_KEY["hello"], answer=re.compile(r"11\s+users"))
    with (
        servers.running(answering(text), setting, core=core) as running,
        nullcontext() if right else pytest.raises(load.LoadError, match="wrong answer 200"),
    ):
        measure.validate(running, case)


@pytest.mark.parametrize(
    ("fields", "right"),
    [(["age", "email", "name", "newsletter", "tags"], True), (["age", "email", "name", "tags"], False), ([], False)],
)
def test_refusal_must_list_every_wrong_field(setting, core, fields, right):
    """Of a 422 the status and the fields are compared, not the words; a list that stops early is not measured."""
    problems = json.dumps({"detail": [{"loc": ["body", name], "msg": "wrong", "type": "x"} for name in fields]})
    with (
        servers.running(answering(problems), setting, core=core) as running,
        nullcontext() if right else pytest.raises(load.LoadError, match="wrong answer 422"),
    ):
        measure.validate(running, cases.BY_KEY["invalid"])


@pytest.mark.parametrize("answer", ["[]", "not JSON", '{"detail": "Unprocessable"}'])
def test_refusal_of_another_shape_is_a_wrong_answer(setting, core, answer):
    """An answer that cannot be read is a failed case, not a broken run."""
    with (
        servers.running(answering(answer), setting, core=core) as running,
        pytest.raises(load.LoadError, match="wrong answer"),
    ):
        measure.validate(running, cases.BY_KEY["invalid"])
