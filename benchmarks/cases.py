"""What is measured: one request in a loop per case, with the target of django-bolt where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.apps import credentials, payloads

Basis = Literal["nginx", "nginx-one", "in-process", "beyond-in-process", "nginx-same", "starlette", "cpu"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request, sent as fast as *connections* keep-alive connections allow.

    `target` bounds django-bolt's CPU per request on a `basis`: as a multiple of nginx answering `return 200` under 64
    connections or under one, of the same work in a plain Python loop, of nginx with this very case; in µs beyond that
    plain loop, or in µs of CPU. On the basis "starlette" it is how many times Starlette's throughput is asked for.

    `answer` is compared before anything is timed: text and bytes as they are, anything else as JSON; a pattern is
    searched in the text; for `status` 422 it is the list of the wrong fields.
    """

    key: str
    title: str
    path: str
    method: str = "GET"
    body: bytes = b""
    media_type: str = "application/json"
    fields: Mapping[str, str] = field(default_factory=dict)
    connections: int = 64
    target: float | None = None
    basis: Basis = "nginx"
    status: int = 200
    answer: object = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields that the request is sent with."""
        return {"Content-Type": self.media_type, **self.fields} if self.body else self.fields


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
        key="sources",
        title="header, cookie and 3 query parameters",
        path="/search?q=laptop&page=3&in_stock=true",
        fields={"X-Request-Id": "7f9c24e5", "Cookie": "session=2b4ad1; theme=dark"},
        target=1.7,
        answer=payloads.SEARCH,
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
        target=12,
        basis="beyond-in-process",
        answer=payloads.DOCUMENT_ANSWER,
    ),
    Case(
        key="reply-14k",
        title="14 KB JSON reply",
        path="/report",
        target=11,
        basis="beyond-in-process",
        answer=payloads.REPORT,
    ),
    Case(
        key="invalid",
        title="422 with five errors",
        path="/signups",
        method="POST",
        body=payloads.encoded(payloads.WRONG_SIGNUP),
        target=40,
        basis="cpu",
        status=422,
        answer=sorted(payloads.WRONG_SIGNUP),
    ),
    Case(
        key="upload-1m",
        title="multipart upload of 1 MB",
        path="/upload",
        method="POST",
        body=payloads.multipart(),
        media_type=f"multipart/form-data; boundary={payloads.BOUNDARY}",
        connections=8,
        target=2,
        basis="starlette",
        answer=payloads.UPLOAD_ANSWER,
    ),
    Case(
        key="file-1m",
        title="file of 1 MB",
        path="/file",
        connections=8,
        target=1.5,
        basis="nginx-same",
        answer=payloads.FILE,
    ),
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
    Case(
        key="auth-hs256",
        title="token, HS256",
        path="/protected/hs256",
        fields=credentials.bearer(),
        target=1.5,
        answer=payloads.HELLO,
    ),
    Case(
        key="auth-claims",
        title="token, HS256, claims read",
        path="/protected/claims",
        fields=credentials.bearer(),
        answer={"user_id": "42"},
    ),
    Case(
        key="auth-es256",
        title="token, ES256",
        path="/protected/es256",
        fields=credentials.bearer(credentials.ES256_KEY, "ES256"),
        target=1.5,
        answer=payloads.HELLO,
    ),
    Case(
        key="auth-eddsa",
        title="token, EdDSA",
        path="/protected/eddsa",
        fields=credentials.bearer(credentials.EDDSA_KEY, "EdDSA"),
        target=1.5,
        answer=payloads.HELLO,
    ),
    Case(
        key="auth-refused",
        title="token refused",
        path="/protected/hs256",
        fields=credentials.bearer(exp=1_700_000_060),
        target=1.2,
        status=401,
        answer={"detail": "The token has expired"},
    ),
    Case(
        key="auth-key",
        title="API key, one of 10,000",
        path="/protected/key",
        fields={"X-API-Key": credentials.API_KEYS[4711]},
        target=1.3,
        answer=payloads.HELLO,
    ),
)
BY_KEY = {case.key: case for case in CASES}
# Measured apart, by benchmarks.extras.
EXTRAS = ("spin", "idle", "startup", "transfers")
