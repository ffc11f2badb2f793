"""The code of the documentation works as printed."""

from pathlib import Path

import pytest

from .pages import ROOT, blocks, pages, run


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page: Path) -> None:
    """Every Python block of the page runs, and the tests among them pass."""
    run(page)


def test_blocks_are_found_with_their_lines(tmp_path: Path) -> None:
    """Only Python blocks count, fragments are left out, and lines are the page's."""
    page = tmp_path / "page.md"
    fences = ["```python\na = 1\n```", "```bash\nls\n```", "```python no-run\n...\n```", "```python\nb = a\n```"]
    page.write_text("# Title\n\n" + "\n\n".join(fences) + "\n")

    assert list(blocks(page)) == [(4, "a = 1\n"), (16, "b = a\n")]
