"""What is measured: one request in a loop per case, with the target of django-bolt where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.apps import payloads

Basis = Literal["nginx", "nginx-one", "in-process"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, sent as fast as *connections* keep-alive connections allow.

    `target` bounds django-bolt's CPU per request as a multiple of `basis`: nginx answering `return 200` under 64
    connections, nginx under one, or the handler called in a plain Python loop.
    """

    key: str
    title: str
    path: str
    method: str = "GET"
    body: bytes = b""
    connections: int = 64
    target: float | None = None
    basis: Basis = "nginx"
    answer: object = None

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Content-Type": "application/json"} if self.body else {}


USERS = [{"id": number, "name": f"user{number}"} for number in range(1, payloads.USER_COUNT + 1)]

CASES = (
    Case(key="hello", title="hello, `async def`", path="/hello", target=1.15, answer=payloads.HELLO),
    Case(key="hello-def", title="hello, `def`", path="/hello-def", target=1.25, answer=payloads.HELLO),
    Case(
        key="params",
        title="path and 2 query parameters",
        path="/items/42?q=laptop&page=3",
        target=1.35,
        answer={"item_id": 42, "q": "laptop", "page": 3},
    ),
    Case(
        key="body",
        title="small JSON body",
        path="/users",
        method="POST",
        body=payloads.encoded(payloads.USER),
        target=1.5,
        answer=payloads.USER,
    ),
    Case(
        key="body-11k",
        title="11 KB JSON body",
        path="/documents",
        method="POST",
        body=payloads.encoded(payloads.DOCUMENT),
        answer=payloads.DOCUMENT_ANSWER,
    ),
    Case(key="reply-14k", title="14 KB JSON reply", path="/report", target=2.4, answer=payloads.REPORT),
    Case(key="sleep", title="`await asyncio.sleep(0.001)`", path="/sleep", target=2.6, answer=payloads.HELLO),
    Case(key="stream", title="stream of 10 chunks", path="/stream", target=2.6, answer="".join(payloads.CHUNKS)),
    Case(
        key="one",
        title="hello, one connection",
        path="/hello",
        connections=1,
        target=1.6,
        basis="nginx-one",
        answer=payloads.HELLO,
    ),
    Case(key="orm-def", title="ORM, 10 users, `def`", path="/orm/def", target=1.15, basis="in-process", answer=USERS),
    Case(
        key="orm-async",
        title="ORM, 10 users, `async def`",
        path="/orm/async",
        target=1.25,
        basis="in-process",
        answer=USERS,
    ),
)
BY_KEY = {case.key: case for case in CASES}
# Measured apart, by benchmarks.extras.
EXTRAS = ("spin", "idle", "startup")
