"""The one table of run options.

The command-line flags of `runbolt`, the `BOLT_*` environment variables and the run keys of `settings.BOLT` are all
derived from `RUN_OPTIONS`: `--log-format`, `BOLT_LOG_FORMAT` and `BOLT["LOG_FORMAT"]` are one option. A flag wins over
the environment, the environment over settings, settings over the default.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ENV_PREFIX = "BOLT_"

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class OptionError(ValueError):
    """A run option has a value that cannot be used; the message names the option's origin and what it takes."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a non-empty string")
    return value


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    raise ValueError("true or false")


def _integer(low: int, high: int | None = None) -> Callable[[object], int]:
    wanted = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(wanted)
        try:
            number = int(value)
        except ValueError:
            raise ValueError(wanted) from None
        if number < low or (high is not None and number > high):
            raise ValueError(wanted)
        return number

    return parse


def _seconds(value: object) -> float:
    wanted = "a number of seconds, 0 or more"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wanted)
    try:
        number = float(value)
    except ValueError:
        raise ValueError(wanted) from None
    if not 0 <= number < float("inf"):
        raise ValueError(wanted)
    return number


def _one_of(*names: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in names:
            raise ValueError("one of " + ", ".join(names))
        return str(value)

    return parse


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOption:
    """One run option; `parse` takes text or a typed value and raises ValueError that says what it wants."""

    name: str
    default: object
    parse: Callable[[object], object]
    help: str
    metavar: str | None = None
    flag: bool | None = None  # True: an on/off flag, `--x` and `--no-x`

    @property
    def flag_name(self) -> str:
        """The command-line flag, `--log-format`."""
        return "--" + self.name.replace("_", "-")

    @property
    def env_name(self) -> str:
        """The environment variable, `BOLT_LOG_FORMAT`."""
        return ENV_PREFIX + self.key

    @property
    def key(self) -> str:
        """The key in `settings.BOLT`, `LOG_FORMAT`."""
        return self.name.upper()


RUN_OPTIONS: tuple[RunOption, ...] = (
    RunOption(name="host", default="127.0.0.1", parse=_text, metavar="HOST", help="address or name to listen on"),
    RunOption(
        name="port", default=8000, parse=_integer(0, 65535), metavar="PORT", help="TCP port; 0 takes any free one"
    ),
    RunOption(
        name="uds",
        default=None,
        parse=_text,
        metavar="PATH",
        help="listen on this Unix-domain socket instead of TCP; its mode follows the umask",
    ),
    RunOption(
        name="processes",
        default=1,
        parse=_integer(1),
        metavar="N",
        help="worker processes, each with its own event loop",
    ),
    RunOption(
        name="workers",
        default=None,
        parse=_integer(1),
        metavar="N",
        help="most threads per process for def handlers, Django views and the ORM; default min(32, CPUs + 4)",
    ),
    RunOption(
        name="dev", default=False, parse=_boolean, flag=True, help="restart when a source file changes; one process"
    ),
    RunOption(
        name="backlog",
        default=2048,
        parse=_integer(1),
        metavar="N",
        help="connections the kernel queues per listening socket",
    ),
    RunOption(name="access_log", default=True, parse=_boolean, flag=True, help="write a line per request"),
    RunOption(
        name="log_format",
        default=None,
        parse=_one_of("short", "combined", "json"),
        metavar="{short,combined,json}",
        help="form of the access log; default short on a terminal, else combined",
    ),
    RunOption(
        name="shutdown_timeout",
        default=30.0,
        parse=_seconds,
        metavar="SECONDS",
        help="how long running requests may take to finish once the server stops",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The settled options of one `runbolt`; the fields are the rows of RUN_OPTIONS."""

    host: str
    port: int
    uds: str | None
    processes: int
    workers: int | None
    dev: bool
    backlog: int
    access_log: bool
    log_format: str | None
    shutdown_timeout: float  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every run option as a flag. Defaults stay None, so that a flag that was not given can be told apart."""
    for option in RUN_OPTIONS:
        text = f"{option.help} [{option.env_name}]"
        if option.flag:
            parser.add_argument(
                option.flag_name, dest=option.name, action=argparse.BooleanOptionalAction, default=None, help=text
            )
        else:
            parser.add_argument(
                option.flag_name, dest=option.name, default=None, metavar=option.metavar, help=text, type=str
            )


def resolve(flags: Mapping[str, object], environ: Mapping[str, str], settings: Mapping[str, object]) -> RunOptions:
    """Settle every option from its highest source.

    Raises OptionError for a value that cannot be used or options that exclude each other.
    """
    values: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for option in RUN_OPTIONS:
        values[option.name] = option.default
        ranks[option.name] = len(_SOURCES)
        for rank, (origin, value) in enumerate(_candidates(option, flags, environ, settings)):
            if value is not None:
                values[option.name] = _parse(option, origin, value)
                ranks[option.name] = rank
                break
    _settle_address(values, ranks)
    if values["dev"] and values["processes"] > 1:
        if ranks["dev"] == ranks["processes"]:
            raise OptionError("--dev serves from one process; leave out --processes or --dev")
        # Production settings name their processes; --dev on the command line overrules them.
        if ranks["dev"] < ranks["processes"]:
            values["processes"] = 1
        else:
            values["dev"] = False
    return RunOptions(**values)


_SOURCES = ("flag", "environment", "settings")


def _candidates(
    option: RunOption, flags: Mapping[str, object], environ: Mapping[str, str], settings: Mapping[str, object]
) -> Iterable[tuple[str, object]]:
    yield option.flag_name, flags.get(option.name)
    # An empty variable counts as unset: that is how compose files and unit files leave one out.
    yield f"environment variable {option.env_name}", environ.get(option.env_name) or None
    yield f'settings.BOLT["{option.key}"]', settings.get(option.key)


def _parse(option: RunOption, origin: str, value: object) -> object:
    try:
        return option.parse(value)
    except ValueError as error:
        raise OptionError(f"{origin} is {value!r}; it must be {error}") from None


def _settle_address(values: dict[str, Any], ranks: dict[str, int]) -> None:
    """A path and a host or port exclude each other; between different sources the higher one decides."""
    if values["uds"] is None:
        return
    for name in ("host", "port"):
        if ranks[name] == len(_SOURCES):
            continue
        if ranks[name] == ranks["uds"]:
            raise OptionError(f"--uds and --{name} exclude each other; give one of them")
        if ranks[name] < ranks["uds"]:
            values["uds"] = None
            return
