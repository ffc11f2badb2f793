"""Quick reference: installation and running the server."""

import shlex

import pytest
from django.core.management import get_commands, load_command_class

COMMANDS = {
    "python manage.py runbolt --host 0.0.0.0 --port 8000": {"host": "0.0.0.0", "port": 8000},
    "python manage.py runbolt --dev": {"dev": True},
    "python manage.py runbolt --processes 4 --workers 1": {"processes": 4, "workers": 1},
    "python manage.py runbolt --host 0.0.0.0 --port 8000 --processes 4 --workers 1": {
        "host": "0.0.0.0",
        "port": 8000,
        "processes": 4,
        "workers": 1,
    },
}


@pytest.mark.parametrize("line", COMMANDS)
def test_flags(line: str) -> None:
    """The command line is understood as printed, each flag with its type."""
    _, program, name, *flags = shlex.split(line)
    command = load_command_class(get_commands()[name], name)

    options = vars(command.create_parser(program, name).parse_args(flags))

    for option, value in COMMANDS[line].items():
        # A flag's value may still be text here; what counts is the number it stands for.
        assert str(options[option]) == str(value)
