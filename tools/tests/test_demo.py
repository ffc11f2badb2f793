"""demo: the addresses that it prints are those that runbolt will serve."""

import pytest

from tools import demo


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in ("BOLT_HOST", "BOLT_PORT", "BOLT_UDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ([], "http://127.0.0.1:8000/"),
        (["--port", "9000", "--processes", "2"], "http://127.0.0.1:9000/"),
        (["--host=0.0.0.0"], "http://127.0.0.1:8000/"),
        (["--host", "192.168.0.5"], "http://192.168.0.5:8000/"),
    ],
)
def test_addresses_follow_the_arguments_of_runbolt(arguments, first):
    """Host and port given to runbolt stand in the addresses; a wildcard host becomes one that opens."""
    assert demo.addresses(arguments)[0] == first


def test_addresses_follow_the_environment(monkeypatch):
    """BOLT_PORT counts as it does for runbolt."""
    monkeypatch.setenv("BOLT_PORT", "9001")

    assert demo.addresses([])[0] == "http://127.0.0.1:9001/"


def test_unix_socket_has_no_address():
    """Nothing is printed to open where only a Unix-domain socket is served."""
    assert demo.addresses(["--uds", "shop.sock"]) == []


def test_password_is_set_in_the_demos_own_database_only():
    """The user of the caller's database keeps its password."""
    assert "--admin-password" in demo.seed({})
    assert demo.seed({"DATABASE_URL": "postgres://db/shop"}) == ["seed"]


def test_database_of_the_caller_wins():
    """DATABASE_URL and MEDIA_ROOT are left as they are, and without them the demo keeps its data in its own folder."""
    assert demo.environment({"DATABASE_URL": "postgres://db/shop"})["DATABASE_URL"] == "postgres://db/shop"
    assert demo.environment({})["DATABASE_URL"].endswith("demo/shop.sqlite3")
    assert demo.environment({"MEDIA_ROOT": "photos"})["MEDIA_ROOT"] == "photos"
    assert demo.environment({})["MEDIA_ROOT"].endswith("demo/media")
