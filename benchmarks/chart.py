"""Results as a bar chart in SVG: how many requests one second of CPU serves. Longer is better."""

from collections.abc import Iterator
from html import escape

from benchmarks import cases
from benchmarks.results import Results
from benchmarks.servers import SERVERS

SHOWN = ("hello", "params", "body", "reply-14k", "orm-def")
COLORS = {
    "nginx": "#8a94a0",
    "bolt": "#d9480f",
    "granian": "#2b8a3e",
    "fastapi": "#1971c2",
    "ninja": "#6741d9",
    "drf": "#a8324e",
}
WIDTH, LABEL, VALUE, BAR, GAP, HEAD = 760, 170, 70, 16, 26, 34
_STYLE = "font:12px system-ui,sans-serif"


def chart(results: Results) -> str:
    """The chart of the cases in SHOWN that this run measured; each group has the scale of its longest bar."""
    groups = [(key, bars) for key in SHOWN if (bars := list(_bars(results, key)))]
    height = HEAD + sum(GAP * 2 + BAR * len(bars) for _, bars in groups)
    # Drawn on white: a reader's dark page would swallow the text.
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" style="{_STYLE}">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        '<text x="12" y="22" font-weight="700" font-size="15" fill="#222">Requests per second of server CPU</text>',
    ]
    top = HEAD
    for key, bars in groups:
        lines += _group(cases.BY_KEY[key].title.replace("`", ""), bars, top)
        top += GAP * 2 + BAR * len(bars)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _bars(results: Results, case: str) -> Iterator[tuple[str, str, float]]:
    for server in SERVERS:
        if cpu := results.cpu(case, server.key):
            yield server.label, COLORS[server.key], 1 / cpu


def _group(title: str, bars: list[tuple[str, str, float]], top: int) -> Iterator[str]:
    longest = max(rate for _, _, rate in bars)
    room = WIDTH - LABEL - VALUE - 24
    yield f'<text x="12" y="{top + GAP - 4}" font-weight="600" fill="#222">{escape(title)}</text>'
    for index, (label, color, rate) in enumerate(bars):
        y = top + GAP + 4 + index * BAR
        width = max(1.0, room * rate / longest)
        yield f'<text x="{LABEL}" y="{y + 11}" text-anchor="end" fill="#444">{escape(label)}</text>'
        yield f'<rect x="{LABEL + 8}" y="{y + 1}" width="{width:.1f}" height="{BAR - 3}" fill="{color}"/>'
        yield f'<text x="{LABEL + 14 + width:.1f}" y="{y + 11}" fill="#222">{rate:,.0f}</text>'
