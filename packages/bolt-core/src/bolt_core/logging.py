"""A log record for each request of an application, through Python's `logging`."""

import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bolt_core._native import Request
from bolt_core.around import AsyncStep, Enclosure, Skipped, Step, register_enclosure
from bolt_core.exceptions import ConfigError
from bolt_core.plan import HandlerPlan
from bolt_core.responses import Response
from bolt_core.tracing import current_request_id, current_trace

__all__ = ["LoggingConfig"]

REDACTED = "***"

type _Read = Callable[[Request], Any]

_REQUEST_FIELDS: dict[str, _Read] = {
    "method": lambda request: request.method,
    "path": lambda request: request.path,
    "query": lambda request: request.query_string,
    "client": lambda request: None if request.client is None else request.client.host,
    "user_agent": lambda request: request.headers.get("user-agent"),
    "request_id": lambda request: current_request_id(),
    "trace_id": lambda request: None if (trace := current_trace()) is None else trace.trace_id,
}
_RESPONSE_FIELDS = ("status_code", "duration")
_HEADERS = "headers"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingConfig:
    """What is logged of each request; `BoltAPI(logging_config=…)` takes it.

    The level is ERROR from status 500 on, WARNING from 400, else INFO. The message names method, path, status and
    milliseconds; the fields are attributes of the record, as `extra=` makes them. Raises `ConfigError` for what cannot
    work.
    """

    request_log_fields: Collection[str] = frozenset({"method", "path"})
    """Of `method`, `path`, `query`, `client` (the address, as trusted proxies tell it), `user_agent`, `headers`,
    `request_id` and `trace_id` (`None` without one; see `bolt_core.tracing`)."""
    response_log_fields: Collection[str] = frozenset({"status_code", "duration"})
    """Of `status_code`, `duration` (seconds until the response stood; a stream is sent after that) and `headers`."""
    skip_paths: Collection[str] = frozenset()
    """Paths that are not logged; one that ends in `*` stands for all that begin so."""
    sample_rate: float = 1.0
    """The share of requests that is logged, 0 to 1. Statuses from 500 on are always logged."""
    min_duration: float = 0.0
    """Seconds; what was answered faster is not logged, statuses from 500 on excepted."""
    masked_headers: Collection[str] = frozenset(
        {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-csrftoken"}
    )
    """Header fields, in any case, whose values are logged as `***`."""
    logger_name: str = "django_bolt.access"

    def __post_init__(self) -> None:
        for name in ("request_log_fields", "response_log_fields", "skip_paths", "masked_headers"):
            given: Any = getattr(self, name)
            if isinstance(given, str | bytes) or not isinstance(given, Iterable):
                raise ConfigError(f"LoggingConfig: {name}={given!r}; give a set of strings")
            object.__setattr__(self, name, _texts(name, given))
        self._check_fields("request_log_fields", (*_REQUEST_FIELDS, _HEADERS))
        self._check_fields("response_log_fields", (*_RESPONSE_FIELDS, _HEADERS))
        if wrong := [path for path in self.skip_paths if not path.startswith("/")]:
            raise ConfigError(f"LoggingConfig: skip_paths: {sorted(wrong)[0]!r} is no path; begin it with /")
        object.__setattr__(self, "masked_headers", frozenset(name.lower() for name in self.masked_headers))
        if not 0 <= self.sample_rate <= 1:
            raise ConfigError(f"LoggingConfig: sample_rate={self.sample_rate!r}; give a share from 0 to 1")
        if not self.min_duration >= 0:
            raise ConfigError(f"LoggingConfig: min_duration={self.min_duration!r}; give seconds, 0 or more")

    def _check_fields(self, option: str, known: tuple[str, ...]) -> None:
        if unknown := sorted(set(getattr(self, option)) - set(known)):
            raise ConfigError(f"LoggingConfig: {option} has no {unknown[0]!r}; it takes {', '.join(known)}")


def _texts(option: str, given: Iterable[Any]) -> frozenset[str]:
    found = list(given)
    for one in found:
        if not isinstance(one, str):
            raise ConfigError(f"LoggingConfig: {option} has {one!r}; give strings")
    return frozenset(found)


def check_logging(config: Any) -> LoggingConfig:
    """The *config* that an application was given; raises `ConfigError` where it is none."""
    if not isinstance(config, LoggingConfig):
        raise ConfigError(f"BoltAPI: logging_config={config!r}; give a LoggingConfig(…)")
    return config


class _LoggingLayer:
    """Outside everything else of a route, so that each response passes it, whoever made it."""

    names = ()
    reads_body = False

    def __init__(self, config: LoggingConfig) -> None:
        self._config = config
        self._logger = logging.getLogger(config.logger_name)
        self._skipped = frozenset(path for path in config.skip_paths if not path.endswith("*"))
        self._skipped_below = tuple(path[:-1] for path in config.skip_paths if path.endswith("*"))
        self._read = {name: _REQUEST_FIELDS[name] for name in config.request_log_fields if name != _HEADERS}

    def around(self, plan: HandlerPlan, inner: Step) -> Step:
        """Logs on the handler's thread."""

        def step(request: Request) -> Response:
            began = time.perf_counter()
            response = inner(request)
            self._log(request, response, time.perf_counter() - began)
            return response

        return step

    def around_async(self, plan: HandlerPlan, inner: AsyncStep) -> AsyncStep:
        """Logs on the event loop."""

        async def step(request: Request) -> Response:
            began = time.perf_counter()
            response = await inner(request)
            self._log(request, response, time.perf_counter() - began)
            return response

        return step

    def _log(self, request: Request, response: Response, duration: float) -> None:
        # On its way out a response has one.
        status = cast(int, response.status_code)
        level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
        if not self._logger.isEnabledFor(level) or not self._is_wanted(request.path, status, duration):
            return
        # A tuple of arguments and no finished text, so that error trackers see one message; %s for what clients write,
        # with its control characters escaped: a path must not begin a line of its own in the log.
        shown = ascii(request.path)[1:-1]
        self._logger.log(
            *(level, "%s %s %d %.1f ms", request.method, shown, status, duration * 1000),
            extra=self._fields(request, response, duration),
        )

    def _is_wanted(self, path: str, status: int, duration: float) -> bool:
        if path in self._skipped or (self._skipped_below and path.startswith(self._skipped_below)):
            return False
        if status >= 500:
            return True
        config = self._config
        # Not for secrets: only spreads the sample.
        sampled = config.sample_rate == 1 or random.random() < config.sample_rate
        return sampled and duration >= config.min_duration

    def _fields(self, request: Request, response: Response, duration: float) -> dict[str, Any]:
        config = self._config
        fields = {name: read(request) for name, read in self._read.items()}
        if _HEADERS in config.request_log_fields:
            fields["request_headers"] = self._masked(request.headers.items())
        if "status_code" in config.response_log_fields:
            fields["status_code"] = response.status_code
        if "duration" in config.response_log_fields:
            fields["duration"] = duration
        if _HEADERS in config.response_log_fields:
            fields["response_headers"] = self._masked(response.headers.items())
        return fields

    def _masked(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        masked = self._config.masked_headers
        return {name: REDACTED if name.lower() in masked else value for name, value in headers}


def _enclosure(plan: HandlerPlan, options: Mapping[str, Any], skipped: Skipped) -> Enclosure | None:
    config = cast("LoggingConfig | None", options.get("logging_config"))
    return None if config is None else Enclosure((_LoggingLayer(config),))


register_enclosure(_enclosure)
