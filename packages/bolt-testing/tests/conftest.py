"""Applications that several modules test against."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from bolt_core import BoltAPI, StreamingResponse


@pytest.fixture
def hanging() -> BoltAPI:
    """Handlers that never answer, and one that does."""
    api = BoltAPI()

    @api.get("/async")
    async def hang_async() -> None:
        await asyncio.Event().wait()

    @api.get("/sync")
    def hang_sync() -> None:
        threading.Event().wait()

    @api.get("/sync/stubborn")
    def hang_stubborn() -> None:
        try:
            threading.Event().wait()
        except Exception:
            hang_stubborn()

    @api.get("/stream")
    async def hang_in_a_stream() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

        return StreamingResponse(generate())

    @api.get("/fine")
    async def fine() -> str:
        return "fine"

    return api
