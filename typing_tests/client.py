"""The test client is httpx2's client with a few more keywords."""

from typing import assert_type

import httpx2
from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_testing import TestClient

api = BoltAPI()

with TestClient(api, use_http_layer=True, config=ServerConfig(max_body_size=1024)) as client:
    assert_type(client, TestClient)
    response = client.get("/", params={"q": "x"}, headers={"accept": "application/json"})
    assert_type(response.status_code, int)
    plain: httpx2.Response = response

TestClient("api")  # type: ignore[arg-type]
TestClient(api, nonsense=True)  # type: ignore[call-arg]
ServerConfig(max_body_size="1 MB")  # type: ignore[arg-type]
ServerConfig(max_bodysize=1)  # type: ignore[call-arg]
