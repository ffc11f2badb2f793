# ruff: noqa
# fmt: off
"""Basic API, route parameters, response types, testing."""

from django_bolt import BoltAPI

api = BoltAPI()

# Async handlers (preferred for I/O operations)
@api.get("/hello")
async def hello():
    return {"message": "Hello, World!"}

# Sync handlers (for CPU-bound operations)
@api.get("/compute")
def compute():
    return {"result": 42}

# Path parameters - automatically typed
@api.get("/users/{user_id}")
async def get_user(user_id: int):
    return {"id": user_id}

# Query parameters - use defaults for optional
@api.get("/search")
async def search(q: str, page: int = 1):
    return {"query": q, "page": page}

# Headers, cookies, form data
from django_bolt.params import Header, Cookie, Form

@api.get("/protected")
async def protected(x_api_key: str = Header("X-API-Key")):
    return {"key": x_api_key}

from django_bolt.responses import PlainText, HTML, Redirect, FileResponse, StreamingResponse

@api.get("/text")
async def text():
    return PlainText("Hello")

@api.get("/download")
async def download():
    return FileResponse("/path/to/file.pdf")  # Streaming, for large files

@api.get("/events")
async def sse():
    async def generate():
        for i in range(10):
            yield f"data: Event {i}\n\n"
    return StreamingResponse(generate(), media_type="text/event-stream")

from django_bolt.testing import TestClient
import pytest

# HTTP Testing
def test_hello():
    with TestClient(api) as client:
        response = client.get("/hello")
        assert response.status_code == 200
        assert response.json() == {"message": "Hello, World!"}

# HTTP Testing with stream=True for SSE
def test_sse():
    with TestClient(api, use_http_layer=True) as client:
        response = client.get("/events", stream=True)
        for chunk in response.iter_content(chunk_size=64, decode_unicode=True):
            if chunk:
                assert "data:" in chunk
