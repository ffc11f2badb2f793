"""Live servers in Django's tests."""

import json
import urllib.request

import pytest
from bolt_core.live import LiveServer
from bolt_django.in_tests import application
from bolt_django.live import BoltLiveServerTestCase
from boltsite.shop.models import Product
from django.db import connections
from django.test import TransactionTestCase


def fetch(url: str, data: bytes | None = None) -> bytes:
    """The body of a reply over a real socket."""
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=20) as response:
        body: bytes = response.read()
        return body


class Living(BoltLiveServerTestCase):
    """With the test case."""

    def test_data_is_shared_both_ways(self) -> None:
        """Of `def` and `async def` handlers, on threads of the server's."""
        Product.objects.create(name="axe")
        fetch(f"{self.live_server_url}/gate/add", b'{"name":"bow"}')

        assert json.loads(fetch(f"{self.live_server_url}/gate/names")) == ["axe", "bow"]
        assert json.loads(fetch(f"{self.live_server_url}/shop/products/sync"))[0]["name"] == "axe"
        assert Product.objects.count() == 2

    def test_django_is_behind_it(self) -> None:
        """Its own URLs, and its check of the host."""
        assert fetch(f"{self.live_server_url}/admin/login/").startswith(b"<!DOCTYPE html>")


class Closing(TransactionTestCase):
    """What a server leaves."""

    def test_no_connection_is_left(self) -> None:
        """Those of its threads are closed, the test's own is open, so that the database can be flushed and dropped."""
        Product.objects.create(name="axe")
        own = connections["default"].connection
        with LiveServer(application().freeze()) as server:
            fetch(server + "/gate/names")

        assert connections["default"].connection is own


@pytest.mark.django_db(transaction=True)
def test_with_pytest(client: object) -> None:
    """The fixture is tested where bolt_testing is installed: see tests/integration."""
    with LiveServer(application().freeze()) as server:
        Product.objects.create(name="axe")
        assert json.loads(fetch(server + "/gate/names")) == ["axe"]
