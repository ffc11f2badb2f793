"""From JSON, MessagePack and plain data to values of a type: decoders, and what is said of data that they refuse."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

from bolt_serializers.again import found_by
from bolt_serializers.errors import Escaped, Refused, ValidationError
from bolt_serializers.finishing import trust
from bolt_serializers.finite import find_infinite
from bolt_serializers.information import reachable
from bolt_serializers.invalid import Found, Loc
from bolt_serializers.plain_data import check_plain_data
from bolt_serializers.preparing import FAILED, Prepare, preparer
from bolt_serializers.problems import Piece, find_problems, take_apart

type Kind = Literal["json", "msgpack", "plain"]
type Decode = Callable[[Any], Any]

FAILURES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused, Escaped)
"""What the decoders of a `Decoding` raise for data that they refuse; `Decoding.failure` says what is wrong with it."""

# Half of a surrogate pair, which is no character (RFC 8259 §8.2).
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]")
_PLAIN_DECODERS: dict[Kind, Decode] = {
    "json": msgspec.json.decode,
    "msgpack": msgspec.msgpack.decode,
    "plain": lambda value: value,
}


class Decoding:
    """How data becomes a value of a type. *shown* is the type as msgspec takes it."""

    def __init__(self, hint: Any, shown: Any = None, *, unique_keys: bool = False) -> None:
        self.hint = hint
        self.shown = hint if shown is None else shown
        self.title = getattr(hint, "__name__", "the data")
        classes = reachable(hint)
        for information in classes:
            information.ready()
        self.guarded = any(information.guarded for information in classes)
        """Whether data and the program itself may not set, or leave out, the same."""
        self.prepare: Prepare | None = preparer(hint)
        self.unique_keys = unique_keys
        self._piece: Piece | None = None
        self._decoders: dict[tuple[Kind, bool, bool], Decode] = {}

    @property
    def direct(self) -> bool:
        """Whether msgspec's decoders are all that it takes."""
        return not (self.guarded or self.prepare or self.unique_keys)

    def decoder(self, kind: Kind, *, strict: bool = True, trusted: bool = False) -> Decode:
        """What makes a value of data of *kind*, or raises one of `FAILURES`.

        Data that is *trusted* is the program's own: it may set what is read-only.
        """
        key = (kind, strict, trusted)
        if key not in self._decoders:
            made = self._make(kind, strict)
            self._decoders[key] = _trusting(made, trusted) if self.guarded else made
        return self._decoders[key]

    def _make(self, kind: Kind, strict: bool) -> Decode:
        direct = self._direct(kind, strict)
        if self.prepare is None and not (self.unique_keys and kind == "json"):
            return direct
        convert = self._direct("plain", strict)
        read = _read_unique if self.unique_keys and kind == "json" else _PLAIN_DECODERS[kind]

        def decode(data: Any) -> Any:
            found: list[Found] = []
            value = self.prepared(read(data), found)
            if found:
                raise Refused(found)
            return convert(value)

        return decode

    def prepared(self, value: Any, found: list[Found]) -> Any:
        """Plain data as validators that run before leave it; what they refuse is added to *found*."""
        return value if self.prepare is None else self.prepare(value, found, ())

    def _direct(self, kind: Kind, strict: bool) -> Decode:
        if kind == "json":
            return msgspec.json.Decoder(self.shown, strict=strict).decode
        if kind == "msgpack":
            return _finite(msgspec.msgpack.Decoder(self.shown, strict=strict).decode)
        shown = self.shown
        return lambda value: msgspec.convert(value, shown, strict=strict, str_keys=True)

    def failure(self, kind: Kind, data: Any, error: BaseException, *, strict: bool = True) -> BaseException:
        """What to raise for *error*, which a decoder raised for *data*: a `ValidationError` with all that is wrong.

        An exception of a validator that says nothing of the data is returned as it is.
        """
        if isinstance(error, Escaped):
            return error.error
        if not isinstance(error, msgspec.ValidationError | Refused):
            return ValidationError([self._malformed(kind, data, error)], title=self.title)
        try:
            plain = _PLAIN_DECODERS[kind](data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as malformed:
            # The typed decoder stopped at a wrong type, before what is not well-formed.
            return ValidationError([self._malformed(kind, data, malformed)], title=self.title)
        try:
            return ValidationError(self.explain(plain, strict=strict) or found_by(error), title=self.title)
        except Escaped as escaped:
            return escaped.error

    def explain(self, plain: Any, *, strict: bool = True) -> list[Found]:
        """Everything that is wrong with *plain*, which was refused; nothing where a second look finds nothing."""
        found: list[Found] = []
        prepared = self.prepared(plain, found)
        if prepared is FAILED:
            return found
        refused = {loc for loc, *_ in found}
        return [
            *found,
            *(one for one in find_problems(self.piece, prepared, strict=strict) if not _is_told(one[0], refused)),
        ]

    @property
    def piece(self) -> Piece:
        """The type, taken apart for a second look."""
        if self._piece is None:
            self._piece = take_apart(self.hint)
        return self._piece

    @staticmethod
    def _malformed(kind: Kind, data: Any, error: BaseException) -> Found:
        if isinstance(error, RecursionError):
            return (), "The data is nested too deeply, or holds itself", "too_deep", None
        if isinstance(error, UnicodeDecodeError):
            return (), "The data is not valid UTF-8", "string_unicode", None
        raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        if kind == "json" and holds_lone_surrogate(raw):
            return (), "The data holds half of a surrogate pair, which is no character", "string_unicode", None
        return (), f"The data is malformed: {error}", f"{kind}_invalid", None


def holds_lone_surrogate(data: bytes) -> bool:
    """Whether JSON that was found malformed escapes half of a surrogate pair, of which msgspec says nothing."""
    return _LONE_SURROGATE.search(data) is not None


def _finite(decode: Decode) -> Decode:
    # JSON has no NaN, and plain data was looked through before.
    def decode_finite(data: Any) -> Any:
        value = decode(data)
        if found := find_infinite(value):
            raise Refused(found)
        return value

    return decode_finite


def _trusting(decode: Decode, on: bool) -> Decode:
    def decode_trusting(data: Any) -> Any:
        before = trust.on
        trust.on = on
        try:
            return decode(data)
        finally:
            trust.on = before

    return decode_trusting


class _Repeating(dict[str, Any]):
    """An object in which a name stands twice."""

    name = ""


def _read_unique(data: Any) -> Any:
    """JSON as plain data; raises `Refused` where an object has a name twice."""
    # msgspec says what is malformed, in its words; json takes more than JSON.
    msgspec.json.decode(data)
    repeating = False

    def make(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeating
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        repeating = True
        again = _Repeating(made)
        names = [name for name, _ in pairs]
        again.name = next(name for index, name in enumerate(names) if name in names[:index])
        return again

    value = json.loads(bytes(data) if isinstance(data, memoryview) else data, object_pairs_hook=make)
    if repeating:
        raise Refused(_repetitions(value))
    return value


def _repetitions(value: Any) -> list[Found]:
    found: list[Found] = []
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        loc, current = waiting.pop()
        if isinstance(current, _Repeating):
            found.append(((*loc, current.name), "The name stands in the object twice", "duplicate_key", None))
        if isinstance(current, dict):
            waiting += [((*loc, key), member) for key, member in current.items()]
        elif isinstance(current, list):
            waiting += [((*loc, index), member) for index, member in enumerate(current)]
    return found[::-1]


def validate_plain(decoding: Decoding, data: Any, *, strict: bool) -> Any:
    """*data* of the program's own kind (dicts, lists, dates …) as a value; raises `ValidationError`."""
    try:
        check_plain_data(data)
        return decoding.decoder("plain", strict=strict)(data)
    except FAILURES as error:
        raise decoding.failure("plain", data, error, strict=strict) from error.__cause__


def _is_told(loc: Loc, refused: Iterable[Loc]) -> bool:
    """Whether what stands at *loc*, or what it holds, is among what a validator refused before."""
    return any(other[: len(loc)] == loc for other in refused)
