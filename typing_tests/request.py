"""What a handler reads of its request has a type."""

from collections.abc import AsyncIterator
from typing import Any, assert_type

import msgspec
from bolt_core import MultiDict, Request
from bolt_core.multidict import MultiMapping
from django_bolt import Request as DjangoBoltRequest


class Item(msgspec.Struct):
    name: str


async def handler(request: DjangoBoltRequest) -> None:
    same: Request = request
    assert_type(same.GET, MultiMapping[str])
    assert_type(request.query_params["page"], str)
    assert_type(request.GET.get("page"), str | None)
    assert_type(request.GET.get("page", 1), str | int)
    assert_type(request.GET.getlist("page"), list[str])
    assert_type(request.url.port, int | None)
    assert_type(request.META["REMOTE_ADDR"], Any)
    assert_type(request.json(), Any)
    assert_type(request.json(Item), Item)
    assert_type(request.json(type=list[Item]), list[Item])
    assert_type(request.stream(), AsyncIterator[bytes])
    assert_type(await request.is_disconnected(), bool)
    assert_type(request.get_host(), str)
    if request.client is not None:
        assert_type(request.client.host, str)
    request.user = await request.auser()
    request.state["tenant"] = "acme"
    assert_type(request["tenant"], Any)
    request.method = "PUT"  # type: ignore[misc]
    _ = request.tenant  # type: ignore[attr-defined]
    request.GET["page"] = "2"  # type: ignore[index]


# Without Django that is what a query is.
data: MultiMapping[str] = MultiDict([("a", "1")])
