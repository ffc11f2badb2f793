"""Parameters' markers."""

from bolt_core.markers import UNSET, Marker, Source


def test_unset_is_no_value() -> None:
    """`None` is a default like any other, so no default needs a name of its own."""
    assert UNSET is not None
    assert repr(UNSET) == "UNSET"


def test_a_marker_is_shown_as_it_is_written() -> None:
    """In messages."""
    assert [Marker(source=source).shown for source in (Source.HEADER, Source.DEPENDENCY)] == ["Header()", "Depends()"]
