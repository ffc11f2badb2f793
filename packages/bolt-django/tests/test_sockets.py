"""Listening sockets."""

import os
import socket
from pathlib import Path

import pytest
from bolt_django.server.sockets import ListenError, SocketFile, open_tcp, open_unix, url_of


def test_several_sockets_share_a_port() -> None:
    """Port 0 picks one free port for all sockets, and each of them listens."""
    sockets = open_tcp("127.0.0.1", 0, count=3, backlog=5)
    try:
        ports = {sock.getsockname()[1] for sock in sockets}
        assert len(ports) == 1
        assert ports != {0}
        assert all(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) for sock in sockets)
    finally:
        for sock in sockets:
            sock.close()


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6(host: str) -> None:
    """An IPv6 address works with and without brackets, and its URL has them."""
    (sock,) = open_tcp(host, 0, count=1, backlog=5)
    with sock:
        assert url_of(sock) == f"http://[::1]:{sock.getsockname()[1]}"


def test_the_ipv6_wildcard_takes_ipv4() -> None:
    """`::` is reached by IPv4 as well, and its URL can be opened."""
    (sock,) = open_tcp("::", 0, count=1, backlog=5)
    with sock:
        port = sock.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        assert url_of(sock) == f"http://[::1]:{port}"


def test_the_wildcards_url_can_be_opened() -> None:
    """The URL of 0.0.0.0 is that of this machine."""
    (sock,) = open_tcp("0.0.0.0", 0, count=1, backlog=5)
    with sock:
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"


def test_a_name_prefers_ipv4() -> None:
    """`localhost` listens where IPv4 clients look."""
    (sock,) = open_tcp("localhost", 0, count=1, backlog=5)
    with sock:
        assert sock.family == socket.AF_INET


def test_a_unix_sockets_mode_follows_the_umask(tmp_path: Path) -> None:
    """The mode is 0777 less the umask."""
    old = os.umask(0o117)
    try:
        with open_unix(str(tmp_path / "s"), backlog=5):
            assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(old)


@pytest.mark.parametrize(("name", "says"), [("x" * 200, "cannot listen"), ("no/such/s", "cannot listen")])
def test_an_impossible_path(tmp_path: Path, name: str, says: str) -> None:
    """A path that no socket can have is one line."""
    with pytest.raises(ListenError, match=says):
        open_unix(str(tmp_path / name), backlog=5)


def test_only_our_own_file_is_removed(tmp_path: Path) -> None:
    """A socket that somebody else has put in our place stays."""
    path = tmp_path / "s"
    with open_unix(str(path), backlog=5):
        file = SocketFile(str(path))
    path.rename(tmp_path / "moved")
    with open_unix(str(path), backlog=5):
        file.remove()
        assert path.exists()
    SocketFile(str(path)).remove()
    assert not path.exists()
    SocketFile(str(path)).remove()
