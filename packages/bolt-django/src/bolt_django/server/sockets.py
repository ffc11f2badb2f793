"""Listening sockets, opened by the parent so that they outlive any worker."""

import errno
import os
import socket
import stat
from pathlib import Path

# Connecting to a local socket either succeeds or fails at once; the bound only guards against a stopped owner.
_PROBE_SECONDS = 1.0


class ListenError(Exception):
    """The address cannot be listened on; the message is one line that says why and what to do."""


def open_tcp(host: str, port: int, *, count: int, backlog: int) -> list[socket.socket]:
    """Open *count* listening sockets on one address; port 0 picks a free one, the same for all.

    Several sockets share the port by SO_REUSEPORT: the kernel spreads new connections over them, and what queues on the
    socket of a worker that died waits there for its replacement. Raises ListenError.
    """
    family, address = _resolve(host.strip("[]"), port)
    try:
        if count == 1:
            return [_listen(family, address, backlog, share=False)]
        # With SO_REUSEPORT alone a second server of the same user would silently take half of our connections.
        probe = _bind(family, address, share=False)
        address = (address[0], probe.getsockname()[1], *address[2:])
        probe.close()
        return [_listen(family, address, backlog, share=True) for _ in range(count)]
    except OSError as error:
        raise ListenError(_explain(error, host, port)) from error


def _resolve(host: str, port: int) -> tuple[int, tuple[str, int, *tuple[int, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise ListenError(f"cannot resolve --host {host!r}: {error}") from error
    # `localhost` names both families; IPv4 is what health checks and proxies are configured with.
    family, _, _, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
    return family, address  # type: ignore[return-value]


def _bind(family: int, address: tuple[str | int, ...], *, share: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # Lets a restart bind while old connections are in TIME_WAIT; on Windows it would allow stealing the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # The wildcard serves IPv4 as well, as users of `--host ::` expect on every platform.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _listen(family: int, address: tuple[str | int, ...], backlog: int, *, share: bool) -> socket.socket:
    sock = _bind(family, address, share=share)
    try:
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


def _explain(error: OSError, host: str, port: int) -> str:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is already in use; stop the other server or choose another --port"
    if error.errno == errno.EACCES:
        return f"no permission to listen on {where}; ports below 1024 need a privilege, choose another --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; choose another --host"
    return f"cannot listen on {where}: {error.strerror or error}"


def open_unix(path: str, *, backlog: int) -> socket.socket:
    """Listen on a Unix-domain socket at *path*; a socket file that nobody serves any more is replaced.

    The file's mode is 0777 less the umask, as `bind(2)` makes it. Raises ListenError.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise ListenError("--uds needs Unix-domain sockets, which this platform lacks; use --host and --port")
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        sock.listen(backlog)
    except OSError as error:
        sock.close()
        raise ListenError(f"cannot listen on unix socket {path}: {error.strerror or error}") from error
    sock.setblocking(False)
    return sock


def _remove_stale(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise ListenError(f"{path} exists and is not a socket; choose another --uds path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)
        except OSError as error:
            raise ListenError(f"cannot tell whether {path} is in use: {error.strerror or error}") from error
        else:
            raise ListenError(f"{path} is already in use; stop the other server or choose another --uds path")


class SocketFile:
    """The file of a Unix-domain socket; removes it at the end, unless somebody has put another one there."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._identity = self._stat()

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = self._path.lstat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def remove(self) -> None:
        """Remove the file if it is still ours."""
        if self._identity is not None and self._stat() == self._identity:
            self._path.unlink(missing_ok=True)


def url_of(sock: socket.socket) -> str:
    """The address to open: `http://127.0.0.1:8000`, `http://[::1]:8000` or `unix:/run/shop.sock`."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = str({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0]))
    return f"http://[{host}]:{name[1]}" if ":" in host else f"http://{host}:{name[1]}"
