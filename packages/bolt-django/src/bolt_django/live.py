"""A live server for Django's kind of tests."""

from typing import ClassVar

from bolt_core.live import LiveServer
from django.test import TransactionTestCase

from bolt_django import in_tests


class BoltLiveServerTestCase(TransactionTestCase):
    """As Django's `LiveServerTestCase`, with the server that runs in production.

    It serves the whole project, Django's own URLs included, at `live_server_url`, from the first test of the class to
    the last. Its handlers run on threads of the server's, so they see what the test has committed: in this class, every
    statement.
    """

    host: ClassVar[str] = "127.0.0.1"
    live_server: ClassVar[LiveServer]
    live_server_url: ClassVar[str]
    """`http://127.0.0.1:45678`."""

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server; raises what a startup hook raised."""
        super().setUpClass()
        cls.live_server = LiveServer(in_tests.application().freeze(), host=cls.host)
        cls.live_server.start()
        cls.addClassCleanup(cls.live_server.close)
        cls.live_server_url = cls.live_server.url
