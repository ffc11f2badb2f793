"""The server's settings: every limit and timeout, with defaults that are safe on the internet."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

from .exceptions import ConfigError
from .front import ProxySettings, SecuritySettings
from .tracing import TracingSettings

AccessLogFormat = Literal["short", "combined", "json"]

_NO_PROXIES = ProxySettings()
_NO_RULES = SecuritySettings()
_NO_TRACES = TracingSettings()

_presets: list[Callable[[], Mapping[str, Any]]] = []


def register_presets(provider: Callable[[], Mapping[str, Any]]) -> None:
    """Let an integration's own settings be the defaults of `ServerConfig`.

    *provider* is asked whenever a configuration is made; what it names by field counts where nothing else is given.
    Fields that take no presets are not looked for.
    """
    if provider not in _presets:
        _presets.append(provider)


def _given(name: str, default: Any) -> Callable[[], Any]:
    """What a provider gives for *name*, else *default*."""

    def value() -> Any:
        for provider in _presets:
            given = provider()
            if name in given:
                return given[name]
        return default

    return value


def _preset(name: str, default: Any) -> Any:
    return dataclasses.field(default_factory=_given(name, default))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Limits in bytes, times in seconds. What exceeds a limit gets the status named.

    Raises `ConfigError` for a value that cannot work.
    """

    max_request_line: int = 8 * 1024
    """Bytes of a request line; 414."""
    max_header_bytes: int = 32 * 1024
    """Bytes of a header section; 431."""
    max_header_count: int = 100
    """Fields of a header section; 431."""
    max_body_size: int = _preset("max_body_size", 2_621_440)
    """Bytes of a body that is read whole, where the route sets no limit of its own; 413."""
    max_streamed_body_size: int = 1 << 30
    """Bytes of a body that is read as a stream; 413."""
    max_form_size: int = 1 << 30
    """Bytes of a multipart form with its files; 413."""
    max_form_data_size: int = _preset("max_form_data_size", 2_621_440)
    """Bytes of a form without its files; 413."""
    max_form_fields: int = _preset("max_form_fields", 1000)
    """Text fields of a form; 413."""
    max_form_files: int = _preset("max_form_files", 100)
    """Files of a form; 413."""
    max_upload_memory: int = _preset("max_upload_memory", 2_621_440)
    """Bytes of a form's files that are kept in memory; what is more goes to temporary files."""
    upload_dir: str | None = _preset("upload_dir", None)
    """The folder of those files; `None` for the system's."""
    max_chunk_line: int = 256
    """Bytes of one chunk-size line with its extensions (RFC 9112 §7.1); 400."""
    max_trailer_bytes: int = 8 * 1024
    """Bytes of a trailer section; 431."""
    head_timeout: float = 10.0
    """From a head's first byte to its last; 408."""
    keep_alive_timeout: float = 75.0
    """How long a connection may stay without a request."""
    body_min_rate: int = 240
    """Bytes a second that a body must arrive at once `body_grace` is used up; 0 for no minimum; 408."""
    body_grace: float = 10.0
    """Seconds of waiting for a body before its rate counts."""
    write_timeout: float = 30.0
    """How long a client may take no byte of its reply; then the connection is cut."""
    max_connections: int = 16 * 1024
    """Connections of one process; at this number accepting pauses."""
    max_drain: int = 256 * 1024
    """Bytes of an unwanted body that are read and dropped so that the refusal arrives."""
    drain_timeout: float = 2.0
    """Seconds that this may take."""
    allow_half_close: bool = False
    """Serve clients that end their stream after the request; by default that end means that the client left."""
    allowed_hosts: tuple[str, ...] = ()
    """Patterns as Django's `ALLOWED_HOSTS`; empty: hosts are not checked; 400."""
    proxies: ProxySettings = dataclasses.field(default_factory=_given("proxies", _NO_PROXIES))
    """Who may speak for clients, and the path that the application stands below."""
    security: SecuritySettings = dataclasses.field(default_factory=_given("security", _NO_RULES))
    """Header fields of every reply, and the redirect to https."""
    tracing: TracingSettings = dataclasses.field(default_factory=_given("tracing", _NO_TRACES))
    """What requests are found by in logs: their identifiers, the traces that they are part of."""
    append_slash: bool = _preset("append_slash", True)
    """Redirect a path that only lacks a route's last slash, where the application itself does not say."""
    access_log: AccessLogFormat | None = None
    """The access log's format; `None` for no log."""
    access_log_fd: int = 2
    """The descriptor that the access log is written to."""
    pool_size: int = dataclasses.field(default_factory=lambda: min(32, (os.cpu_count() or 1) + 4))
    """The most threads that `def` handlers run on."""
    switch_interval: float = 0.0005
    """Seconds after which a busy thread must let another run (`sys.setswitchinterval`)."""
    shutdown_timeout: float = 30.0
    """Seconds that running requests have to finish after a stop signal."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if value < 0 or value != value:
                raise ConfigError(f"ServerConfig.{field.name} is {value!r}; give a number that is not negative")
        for name in ("max_connections", "pool_size", "switch_interval", "max_request_line", "max_header_count"):
            if not getattr(self, name):
                raise ConfigError(f"ServerConfig.{name} is 0; give at least the smallest positive value")
        if self.upload_dir is not None and not os.path.isdir(self.upload_dir):
            raise ConfigError(f"ServerConfig.upload_dir is {self.upload_dir!r}, which is no folder; create it")
        if self.access_log not in (None, "short", "combined", "json"):
            raise ConfigError(
                f"ServerConfig.access_log is {self.access_log!r}; use 'short', 'combined', 'json' or None"
            )

    def to_wire(self) -> dict[str, object]:
        """The settings as Rust reads them."""
        wire = dataclasses.asdict(self)
        wire["allowed_hosts"] = list(self.allowed_hosts)
        wire |= {"proxies": self.proxies.to_wire(), "security": self.security.to_wire()}
        wire["tracing"] = self.tracing.to_wire()
        for python_only in ("append_slash", "pool_size", "switch_interval", "shutdown_timeout"):
            del wire[python_only]
        return wire
