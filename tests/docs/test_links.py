"""Readers find every page, and what a page points to is there."""

import re
from pathlib import Path

import pytest

from .pages import ROOT

PAGES = sorted(
    page
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "packages/*/*.md",
        "examples/**/*.md",
        "benchmarks/*.md",
        "typing_tests/*.md",
    )
    for page in ROOT.glob(pattern)
)
_CODE = re.compile(r"^```.*?^```\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str | None]]:
    """The file that each relative link of *page* names, and the heading in it."""
    text = _CODE.sub("", page.read_text())
    return [
        ((page.parent / match["path"]).resolve() if match["path"] else page, match["anchor"])
        for match in _LINK.finditer(text)
    ]


def anchors(page: Path) -> set[str]:
    """The headings of *page* as GitHub names them in links."""
    headings = _HEADING.findall(_CODE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """The file exists, and so does the heading."""
    dead = [
        f"{target.relative_to(ROOT)}#{anchor or ''}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]

    assert dead == []


def test_the_index_has_every_page() -> None:
    """From `docs/README.md` one link leads to each page of the documentation and to each package's README."""
    linked = {target for target, _ in links(ROOT / "docs/README.md")}
    wanted = {*ROOT.glob("docs/*/*.md"), *ROOT.glob("packages/*/README.md"), *ROOT.glob("examples/*/README.md")}

    assert [str(page.relative_to(ROOT)) for page in sorted(wanted - linked)] == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """Links in code are none; those to a heading are told from those to a page."""
    page = tmp_path / "page.md"
    page.write_text(
        "# `A` page's top\n\n[one](#a-pages-top) [two](two.md#x) [web](https://a.b)\n\n```\n[no](no.md)\n```\n"
    )

    assert anchors(page) == {"a-pages-top"}
    assert links(page) == [(page, "a-pages-top"), (tmp_path / "two.md", "x")]
