"""httpx2 and curl behind one interface: what both see alike is no client's quirk."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Protocol

import httpx2
import pytest
from serving import PATIENCE_SECONDS

# What differs from one reply to the next: the clock, and the boundary that is made for each.
_MOVING = frozenset({"date"})
_BOUNDARY = re.compile(r"boundary=([^;]+)")


@dataclass(frozen=True)
class Answer:
    """A reply: its status, its header fields by lower-case name, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def parts(self) -> list[tuple[str, bytes]]:
        """The `Content-Range` and bytes of each part of a `multipart/byteranges`."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=policy.HTTP).parsebytes(head + self.body)
        assert message.get_content_type() == "multipart/byteranges"
        return [(str(part["content-range"]), _bytes(part)) for part in message.iter_parts()]

    def steady(self) -> object:
        """What must be the same for each client."""
        headers = {name: value for name, value in self.headers.items() if name not in _MOVING}
        body = self.body
        if match := _BOUNDARY.search(headers.get("content-type", "")):
            headers["content-type"] = headers["content-type"].replace(match[1], "…")
            body = body.replace(match[1].strip('"').encode(), b"...")
        return self.status, headers, body


def _bytes(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@dataclass(frozen=True)
class Request:
    """What a client sends; *files* are form fields with a path and the name to give, *texts* the other fields."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Iterable[tuple[str, Path, str]] = ()


class Client(Protocol):
    """Sends a request and gives the reply."""

    def send(self, url: str, request: Request) -> Answer:
        """Send *request* to the server at *url*."""


class Httpx:
    """httpx2, which makes its forms itself."""

    def send(self, url: str, request: Request) -> Answer:
        """One request on a connection of its own."""
        files = [
            (name, (filename, path.read_bytes(), "application/octet-stream")) for name, path, filename in request.files
        ]
        # Neither client asks for a compressed reply.
        headers = {"Accept-Encoding": "identity", "Accept": "*/*", **request.headers}
        body = None if request.body is None else request.body.read_bytes()
        with httpx2.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            reply = client.request(
                request.method,
                url + request.path,
                headers=headers,
                content=body,
                data=dict(request.texts) or None,
                files=files or None,
            )
        return Answer(reply.status_code, dict(reply.headers), reply.content)


class Curl:
    """The command, which knows forms, ranges and conditions of its own accord, too."""

    def __init__(self, folder: Path) -> None:
        """Keep replies in *folder*."""
        self._head, self._body = folder / "reply.head", folder / "reply.body"

    def send(self, url: str, request: Request) -> Answer:
        """One run of curl."""
        options = ["--head"] if request.method == "HEAD" else ["--request", request.method]
        for name, value in request.headers.items():
            options += ["--header", f"{name}: {value}"]
        if request.body is not None:
            options += ["--data-binary", f"@{request.body}"]
            if "Content-Type" not in request.headers:
                options += ["--header", "Content-Type:"]
        for name, text in request.texts.items():
            options += ["--form-string", f"{name}={text}"]
        for name, path, filename in request.files:
            quoted = filename.replace("\\", r"\\").replace('"', r"\"")
            options += ["--form", f'{name}=@"{path}";filename="{quoted}";type=application/octet-stream']
        self._body.unlink(missing_ok=True)
        return self.run(*options, url + request.path)

    def run(self, *options: str, output: Path | None = None) -> Answer:
        """Run curl with *options* and read what it kept of the last reply; *output* is where its body goes."""
        output = output or self._body
        output.touch()
        common = ["--silent", "--show-error", "--noproxy", "*", "--max-time", str(int(PATIENCE_SECONDS))]
        command = ["curl", *common, "--dump-header", str(self._head), "--output", str(output), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        # Of several heads, as after 100 Continue, the last is the reply's.
        head = self._head.read_text("latin-1").strip().split("\n\n")[-1].splitlines()
        fields = (line.partition(":") for line in head[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        body = b"" if "--head" in options else output.read_bytes()
        return Answer(int(head[0].split()[1]), headers, body)


class Both:
    """Sends each request with every client; they must see the same."""

    def __init__(self, url: str, folder: Path) -> None:
        """Talk to the server at *url*; skips the test where curl is missing."""
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed; get it with the system's package manager")
        self.url = url
        self.curl = Curl(folder)
        self._clients: tuple[Client, ...] = (Httpx(), self.curl)

    def send(self, request: Request) -> Answer:
        """The reply that all clients agree on."""
        first, *others = [client.send(self.url, request) for client in self._clients]
        for other in others:
            assert other.steady() == first.steady()
        return first
