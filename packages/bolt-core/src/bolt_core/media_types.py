"""What a client accepts (RFC 9110 §12.5.1)."""

from __future__ import annotations

__all__ = ["accepts"]


def accepts(header: str, media_type: str) -> bool:
    """Whether an `Accept` field of value *header* takes *media_type*; of several ranges the most specific counts."""
    main, _, sub = media_type.lower().partition("/")
    best, quality = -1, 0.0
    for entry in header.split(","):
        essence, *params = (part.strip().lower() for part in entry.split(";"))
        rank = {f"{main}/{sub}": 2, f"{main}/*": 1, "*/*": 0}.get(essence, -1)
        if rank > best:
            best, quality = rank, _quality(params)
    return quality > 0


def _quality(params: list[str]) -> float:
    for param in params:
        if param.startswith("q="):
            try:
                return float(param[2:])
            except ValueError:
                return 0.0
    return 1.0
