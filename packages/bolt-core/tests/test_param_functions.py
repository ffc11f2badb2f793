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
        default=3, ge=1, title="Page", description="Which", examples=[1], deprecated=True, include_in_schema=False
    )

    assert (marker.default, marker.constraints.given()) == (3, {"ge": 1})
    assert (marker.title, marker.description, marker.examples) == ("Page", "Which", (1,))
    assert (marker.deprecated, marker.include_in_schema) == (True, False)


def test_files_have_limits_of_their_own() -> None:
    """Bytes, media types and how many."""
    marker = param_functions.File(max_size=10, allowed_types=["image/*"], max_files=2)

    assert (marker.max_size, marker.allowed_types, marker.max_files) == (10, ("image/*",), 2)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("Query", {"deprecated": 1}, "Query(): deprecated=1; give True or False"),
        ("Query", {"include_in_schema": "no"}, "give True or False"),
        ("Body", {"embed": 1}, "Body(): embed=1; give True or False"),
        ("Query", {"title": 5}, "give a string"),
        ("Query", {"examples": "x"}, "give a list"),
        ("Query", {"split": ""}, "give a separator such as ','"),
        ("Query", {"embed": True}, "unknown option 'embed'"),
        ("Body", {"split": ","}, "unknown option 'split'"),
        ("Form", {"max_size": 5}, "unknown option 'max_size'"),
        ("File", {"max_size": 0}, "give an int above 0"),
        ("File", {"max_files": True}, "give an int above 0"),
        ("File", {"allowed_types": "image/png"}, "give a list"),
        ("File", {"allowed_types": ["png"]}, "a list of media types such as 'image/png' or 'image/*'"),
    ],
)
def test_an_option_that_cannot_work_is_refused(name: str, options: dict[str, Any], words: str) -> None:
    """Where it is written, with what to give instead."""
    with pytest.raises(ConfigError) as caught:
        getattr(param_functions, name)(**options)

    assert words in str(caught.value)


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
