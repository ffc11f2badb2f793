"""Reads things of a request inside a handler, for tests of the request object."""

from collections.abc import Callable, Mapping
from typing import Any

from bolt_core import BoltAPI, Request
from raw_client import Answer, Served

type Read = Callable[[Request], Any]


class Asked:
    """Sends requests and gives what *read* made of each, or raises what it raised."""

    def __init__(self, serve: Callable[[BoltAPI], Served]) -> None:
        self._serve = serve
        self.answer: Answer | None = None

    def __call__(
        self,
        read: Read,
        method: str = "GET",
        target: str = "/",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Any:
        """What *read*(request) returns in the handler of one request; its exceptions are answered too."""
        api, found = BoltAPI(), list[Any]()

        @api.route("/", methods=["GET", "POST", "PUT"])
        @api.route("/{rest:path}", methods=["GET", "POST", "PUT"])
        async def handler(request: Request) -> None:
            try:
                found.append(read(request))
            except Exception as error:
                found.append(error)
                raise

        fields = {"Host": "test", "Content-Length": str(len(body))} | dict(headers or {})
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.answer = self._serve(api).send(head.encode("latin-1") + b"\r\n" + body)
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]
