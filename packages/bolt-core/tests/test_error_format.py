"""Which shape an application's errors have."""

from typing import Any

import pytest
from bolt_core import BoltAPI, Router
from bolt_core.error_format import UNSAID, ErrorFormat, register_error_defaults
from bolt_core.exceptions import ConfigError

pytestmark = pytest.mark.usefixtures("registries")


def shape(error: Any, request: Any) -> Any: ...


def other(error: Any, request: Any) -> Any: ...


async def asynchronous(error: Any, request: Any) -> Any: ...


class Asynchronous:
    async def __call__(self, error: Any, request: Any) -> Any: ...


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"problem_details": "yes"}, "give True or False"),
        ({"problem_details": 1}, "give True or False"),
        ({"error_formatter": "shape"}, r"give a function that takes \(error, request\)"),
        ({"error_formatter": dict}, r"give a function that takes \(error, request\)"),
        ({"error_formatter": asynchronous}, "must be a plain def"),
        ({"error_formatter": Asynchronous()}, "must be a plain def"),
        ({"error_formatter": lambda error: None}, r"must take \(error, request\) and nothing else"),
        ({"error_formatter": lambda error, request, more: None}, r"must take \(error, request\) and nothing else"),
    ],
)
def test_what_cannot_work_fails_at_construction(options: dict[str, Any], says: str) -> None:
    """Not with the first error."""
    with pytest.raises(ConfigError, match=says):
        BoltAPI(**options)


def test_functions_of_two_arguments_pass() -> None:
    """Also with defaults, as methods, and functions in C that hide their signature."""
    for formatter in (shape, lambda error, request=None: None, lambda *args: None, max):
        BoltAPI(error_formatter=formatter)


def test_the_outer_application_takes_what_an_included_one_says() -> None:
    """However deep it is included."""
    api, router, inner = BoltAPI(), Router(), BoltAPI(problem_details=True, error_formatter=shape)
    router.include(inner)
    api.include(router)

    assert api.freeze().errors == ErrorFormat(True, shape)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"problem_details": True}, {"problem_details": False}),
        ({"error_formatter": shape}, {"error_formatter": other}),
    ],
)
def test_applications_that_contradict_each_other_are_refused(one: Any, two: Any) -> None:
    """Included in each other, or side by side in a third."""
    outer, both = BoltAPI(**one), BoltAPI()
    outer.include(BoltAPI(**two))
    both.include(BoltAPI(**one))
    both.include(BoltAPI(**two))

    for api in (outer, both):
        with pytest.raises(ConfigError, match="one shape of errors"):
            api.freeze()


def test_the_process_decides_where_nothing_was_said() -> None:
    """Each time anew, so that settings may change."""
    said = [ErrorFormat(True, shape)]

    def read() -> ErrorFormat:
        return said[0]

    register_error_defaults(read)
    register_error_defaults(read)

    assert UNSAID.resolved() == ErrorFormat(True, shape)
    assert ErrorFormat(False).resolved() == ErrorFormat(False, shape)
    assert ErrorFormat(None, other).resolved() == ErrorFormat(True, other)
    said[0] = UNSAID
    assert UNSAID.resolved() == UNSAID
