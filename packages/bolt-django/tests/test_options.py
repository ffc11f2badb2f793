"""Run options: one table for flags, environment and settings."""

import argparse
from dataclasses import fields
from typing import Any

import pytest
from bolt_django import conf, options
from bolt_django.options import RUN_OPTIONS, OptionError, RunOptions, resolve


def parse(*args: str) -> dict[str, Any]:
    """The flags as `runbolt` gets them."""
    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    return vars(parser.parse_args(args))


def test_defaults() -> None:
    """Without any source the table's defaults hold."""
    run = resolve(parse(), {}, {})

    assert (run.host, run.port, run.uds, run.processes, run.workers) == ("127.0.0.1", 8000, None, 1, None)
    assert (run.dev, run.access_log, run.log_format) == (False, True, None)


def test_every_row_is_flag_environment_and_key() -> None:
    """The table, the dataclass and the type of settings.BOLT name the same options."""
    names = {option.name for option in RUN_OPTIONS}

    assert names == {field.name for field in fields(RunOptions)} == set(parse())
    assert {option.key for option in RUN_OPTIONS} < set(conf.BoltSettings.__annotations__)
    assert {option.env_name for option in RUN_OPTIONS} == {f"BOLT_{name.upper()}" for name in names}


# A value for each option that is not its default: as a flag, as text, and typed.
_SAMPLES: dict[str, tuple[tuple[str, ...], str, object]] = {
    "host": (("--host", "::1"), "::1", "::1"),
    "port": (("--port", "1"), "1", 1),
    "uds": (("--uds", "x"), "x", "x"),
    "processes": (("--processes", "3"), "3", 3),
    "workers": (("--workers", "3"), "3", 3),
    "dev": (("--dev",), "yes", True),
    "backlog": (("--backlog", "3"), "3", 3),
    "access_log": (("--no-access-log",), "0", False),
    "log_format": (("--log-format", "json"), "json", "json"),
    "shutdown_timeout": (("--shutdown-timeout", "1.5"), "1.5", 1.5),
}


@pytest.mark.parametrize("option", RUN_OPTIONS, ids=lambda option: option.name)
def test_every_source_sets_every_option(option: options.RunOption) -> None:
    """Each option can be given in each of the three ways, with the same result."""
    flag, text, value = _SAMPLES[option.name]
    assert value != option.default

    for run in (
        resolve(parse(*flag), {}, {}),
        resolve(parse(), {option.env_name: text}, {}),
        resolve(parse(), {}, {option.key: value}),
    ):
        assert getattr(run, option.name) == value


def test_precedence() -> None:
    """A flag wins over the environment, which wins over settings."""
    environ, settings = {"BOLT_PORT": "2"}, {"PORT": 3}

    assert resolve(parse("--port", "1"), environ, settings).port == 1
    assert resolve(parse(), environ, settings).port == 2
    assert resolve(parse(), {}, settings).port == 3


def test_an_empty_variable_counts_as_unset() -> None:
    """A variable without a value leaves the option to the next source."""
    assert resolve(parse(), {"BOLT_PORT": ""}, {"PORT": 3}).port == 3


@pytest.mark.parametrize(
    ("name", "value", "wants"),
    [
        ("port", "65536", "a whole number from 0 to 65535"),
        ("port", 8000.5, "a whole number"),
        ("processes", True, "a whole number"),
        ("workers", "-1", "at least 1"),
        ("access_log", "perhaps", "true or false"),
        ("dev", 1, "true or false"),
        ("shutdown_timeout", "nan", "a number of seconds"),
        ("shutdown_timeout", "soon", "a number of seconds"),
        ("shutdown_timeout", -1, "a number of seconds"),
        ("shutdown_timeout", [], "a number of seconds"),
        ("uds", b"x", "a non-empty string"),
    ],
)
def test_a_bad_value_names_its_origin(name: str, value: object, wants: str) -> None:
    """A value that cannot be used is refused with its key and what it takes."""
    with pytest.raises(OptionError, match=rf'settings.BOLT\["{name.upper()}"\] is .*{wants}'):
        resolve(parse(), {}, {name.upper(): value})


def test_a_path_and_a_port_exclude_each_other() -> None:
    """Given side by side, a Unix socket and a port or host are an error."""
    for other in ("--port=1", "--host=::1"):
        with pytest.raises(OptionError, match="exclude each other"):
            resolve(parse("--uds", "x", other), {}, {})


def test_a_higher_source_decides_between_path_and_port() -> None:
    """A port on the command line overrules a Unix socket of the settings, and the reverse."""
    assert resolve(parse("--port", "1"), {}, {"UDS": "x"}).uds is None
    assert resolve(parse("--uds", "x"), {}, {"PORT": 1}).uds == "x"


def test_dev_overrules_processes_of_the_settings() -> None:
    """--dev serves from one process whatever the settings say; asked for together they are an error."""
    assert resolve(parse("--dev"), {}, {"PROCESSES": 4}).processes == 1
    assert resolve(parse("--processes", "4"), {}, {"DEV": True}).dev is False
    with pytest.raises(OptionError, match="--dev serves from one process"):
        resolve(parse("--dev", "--processes", "4"), {}, {})
