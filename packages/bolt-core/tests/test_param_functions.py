"""Markers: what they take and what they refuse."""

from typing import Any

import pytest
from bolt_core import param_functions, params
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Source


@pytest.mark.parametrize("name", ["Path", "Query", "Header", "Cookie", "Form", "File"])
def test_the_positional_argument_is_the_name_on_the_wire(name: str) -> None:
    """It is never a default."""
    marker = getattr(param_functions, name)("x-name")

    assert (marker.source, marker.alias, marker.default) == (Source(name.lower()), "x-name", UNSET)


def test_options_are_kept() -> None:
    """Limits go into the constraints, words beside them."""
    marker = param_functions.Query(
        default=3, ge=1, title="Page", description="Which page", examples=[1], deprecated=True
    )

    assert (marker.default, marker.constraints.given()) == (3, {"ge": 1})
    assert (marker.title, marker.description, marker.examples, marker.deprecated) == ("Page", "Which page", (1,), True)


def test_a_positional_default_is_refused_with_the_remedy() -> None:
    """`Query(5)` would be a default elsewhere."""
    with pytest.raises(ConfigError, match=r"write Query\(default=5\)"):
        param_functions.Query(5)  # type: ignore[arg-type]


def test_an_unknown_option_is_refused() -> None:
    """A misspelt limit must not vanish."""
    options: dict[str, Any] = {"min_lenght": 3}
    with pytest.raises(ConfigError, match="unknown option 'min_lenght'"):
        param_functions.Query(**options)


def test_depends_keeps_its_dependency() -> None:
    """The marker holds the function."""
    assert param_functions.Depends(len).dependency is len


def test_both_modules_have_the_same_markers() -> None:
    """`params` and `param_functions` name one set of objects."""
    for name in ("Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query"):
        assert getattr(params, name) is getattr(param_functions, name)
