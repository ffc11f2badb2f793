"""How the data of replies is written: JSON, strictly or not, or what the client prefers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from bolt_core.encoding import MSGPACK_ENCODER, encode_strict
from bolt_core.exceptions import ConfigError, NotAcceptable
from bolt_core.negotiation import preferred
from bolt_core.plan import HandlerPlan, ResultPlan

if TYPE_CHECKING:
    from bolt_core._native import Request

# The registered name and the one that was used before it.
_MSGPACK = ("application/msgpack", "application/vnd.msgpack")


class FormatOptions(TypedDict, total=False):
    """What an application or a route may say about how its data is written."""

    strict_json: bool
    """Whether NaN and the infinities are an error rather than `null`; `False` by default."""
    media_types: Iterable[str]
    """What data is written in, as the client's `Accept` prefers: JSON and msgpack; JSON alone by default."""
    strict_accept: bool
    """Whether a client that accepts none of the media types gets 406 rather than the first; `False` by default."""


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """What was said about it; `None` is silence, which leaves it to whoever stands further out."""

    strict_json: bool | None = None
    media_types: tuple[str, ...] | None = None
    strict_accept: bool | None = None

    @classmethod
    def checked(cls, strict_json: Any = None, media_types: Any = None, strict_accept: Any = None) -> "ReplyFormat":
        """What an author wrote; raises `ConfigError` for what cannot work."""
        for name, flag in (("strict_json", strict_json), ("strict_accept", strict_accept)):
            if flag is not None and not isinstance(flag, bool):
                raise ConfigError(f"{name}={flag!r}: give True or False")
        return cls(strict_json, None if media_types is None else _media_types(media_types), strict_accept)

    def or_else(self, other: "ReplyFormat") -> "ReplyFormat":
        """This, and where it is silent, what *other* says."""
        return ReplyFormat(
            other.strict_json if self.strict_json is None else self.strict_json,
            self.media_types or other.media_types,
            other.strict_accept if self.strict_accept is None else self.strict_accept,
        )


_defaults: list[Callable[[], ReplyFormat]] = []


def register_format_defaults(read: Callable[[], ReplyFormat]) -> None:
    """Let *read* say, when an application is frozen, how data is written where nothing else says so."""
    if read not in _defaults:
        _defaults.append(read)


UNSAID_FORMAT = ReplyFormat()
"""Silence about everything: JSON with null for NaN, whatever the client accepts."""


def _media_types(media_types: Any) -> tuple[str, ...]:
    if isinstance(media_types, str) or not isinstance(media_types, Iterable):
        raise ConfigError(f"media_types={media_types!r}: give a list, such as ['application/json']")
    offers: list[str] = []
    for name in media_types:
        kind = name.lower() if isinstance(name, str) else name
        if kind in _MSGPACK:
            offers += [kind, *(other for other in _MSGPACK if other != kind)]
        elif kind == "application/json" or (isinstance(kind, str) and kind.endswith("+json") and kind.count("/") == 1):
            offers.append(kind)
        else:
            raise ConfigError(
                f"media_types: {name!r} cannot be written; use 'application/json', a type that ends in '+json', "
                "or 'application/msgpack'"
            )
    if not offers:
        raise ConfigError("media_types is empty; leave it out for JSON alone")
    return tuple(dict.fromkeys(offers))


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The media types that a route's data is written in, the first where the client has no preference."""

    offers: tuple[str, ...]

    def choose(self, request: "Request") -> str:
        """The media type for *request*; the first where it wants none of them."""
        return preferred(request.headers.get("accept"), self.offers) or self.offers[0]

    def check(self, request: "Request") -> None:
        """Raise `NotAcceptable` where the client wants none of them."""
        if preferred(request.headers.get("accept"), self.offers) is None:
            raise NotAcceptable(f"This is available as {', '.join(self.offers)}", headers={"Vary": "Accept"})


def with_format(plan: HandlerPlan, said: ReplyFormat) -> HandlerPlan:
    """*plan*, whose replies are written as *said*; itself where that is as ever."""
    for read in _defaults:
        said = said.or_else(read())
    if said.strict_json:
        plan = replace(plan, result=_strict(plan.result))
    if not plan.result.is_data:
        return plan
    negotiation = Negotiation(said.media_types or ("application/json",))
    if said.strict_accept:
        plan = replace(plan, check=negotiation.check)
    if negotiation.offers == ("application/json",):
        return plan
    # Every reply has to look at the request, so the engine must not write any itself.
    return replace(plan, negotiation=negotiation, fast=False)


def _strict(result: ResultPlan) -> ResultPlan:
    validate, items = result.validate, result.items
    if items is not None:
        items = replace(items, encode=_strict_encode(items.validate))
    return replace(result, encode=_strict_encode(validate), encode_plain=encode_strict, items=items)


def _strict_encode(validate: Any) -> Any:
    return encode_strict if validate is None else lambda value: encode_strict(validate(value))


def encode_as(media_type: str, plan: ResultPlan, value: Any) -> bytes:
    """*value*, which its model allows, in a media type of a `Negotiation`."""
    return MSGPACK_ENCODER.encode(value) if media_type in _MSGPACK else plan.encode_plain(value)
