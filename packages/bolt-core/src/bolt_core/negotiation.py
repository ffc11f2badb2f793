"""Which representations a client takes and prefers (RFC 9110 §12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

type Range = tuple[str, float]


@lru_cache(maxsize=512)
def preferred(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """The one of *offers*, lower-case media types in the server's order of preference, that *accept* wants most.

    `None` where it wants none of them. Without an `Accept` everything is welcome.
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = _parse(accept)
    best, best_quality = None, 0.0
    for offer in offers:
        quality = _quality(offer, ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def accepts(accept: str, media_type: str) -> bool:
    """Whether *accept* takes *media_type*; an empty one takes nothing, as Django's `request.accepts` reads it."""
    return _quality(media_type.lower(), _parse(accept)) > 0


def _parse(accept: str) -> list[Range]:
    ranges = []
    for part in accept.split(","):
        name, *params = (piece.strip().lower() for piece in part.split(";"))
        if name and name.count("/") == 1:
            ranges.append((name, _weight(params)))
    return ranges


def _weight(params: Sequence[str]) -> float:
    """The `q` among the parameters; a malformed one counts as none, and other parameters are ignored."""
    for param in params:
        key, _, value = param.partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 1.0
            return weight if 0.0 <= weight <= 1.0 else 1.0
    return 1.0


def _quality(offer: str, ranges: Sequence[Range]) -> float:
    """That of the most specific range that matches; 0 where none does."""
    kind = offer.partition("/")[0]
    for candidate in (offer, f"{kind}/*", "*/*"):
        found = [weight for name, weight in ranges if name == candidate]
        if found:
            return max(found)
    return 0.0
