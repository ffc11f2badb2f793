"""What HTTP says about statuses."""

import pytest
from bolt_core.statuses import reason_phrase


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (404, "Not Found"),
        (413, "Content Too Large"),
        (414, "URI Too Long"),
        (416, "Range Not Satisfiable"),
        (422, "Unprocessable Content"),
        (499, "Error"),
    ],
)
def test_a_phrase_is_that_of_the_standard(status: int, phrase: str) -> None:
    """The same on every version of Python."""
    assert reason_phrase(status) == phrase
