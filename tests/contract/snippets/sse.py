# ruff: noqa
# fmt: off
"""Server-sent events; the API is taken for granted."""

from django_bolt import BoltAPI

api = BoltAPI()

from django_bolt import StreamingResponse
import asyncio

# Async SSE
@api.get("/events")
async def sse_events():
    async def generate():
        for i in range(10):
            yield f"data: Event {i}\n\n"
            await asyncio.sleep(1)
    return StreamingResponse(generate(), media_type="text/event-stream")
