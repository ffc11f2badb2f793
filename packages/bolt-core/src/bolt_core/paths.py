"""Route paths: their syntax, their parameters and when two of them would match the same requests."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from bolt_core.headers import TOKEN

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# RFC 3986 §3.3: pchar and the slash; "%" so that an encoded template stays as it is.
_SAFE = "/:@!$&'()*+,;=-._~%"
_STANDARD = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A checked path template."""

    path: str
    """As the router takes it: `{name}` and `{name:path}`, literals percent-encoded."""
    names: tuple[str, ...]
    shape: str
    """The template without its parameters' names; equal shapes match equal requests."""


def parse_path(path: str) -> PathTemplate:
    """Check *path* and take it apart.

    A segment holds one parameter at most, alone (`{name}`) or with literal text around it (`{name}.json`);
    `{name:path}` is the whole last segment and takes the rest of the path, slashes included. Raises `ValueError` saying
    what is wrong and what to write instead.
    """
    _check_text(path)
    names: list[str] = []
    encoded: list[str] = []
    shape: list[str] = []
    segments = path[1:].split("/")
    for index, segment in enumerate(segments):
        before, name, kind, after = _split_segment(path, segment)
        before, after = _encode(before), _encode(after)
        if name is None:
            encoded.append(before)
            shape.append(before)
            continue
        if kind and index != len(segments) - 1:
            raise ValueError(f"'{{{name}:path}}' takes the rest of the path; it must stand last in {path!r}")
        if name in names:
            raise ValueError(f"the path {path!r} names its parameter {name!r} twice; give each a name of its own")
        names.append(name)
        encoded.append(f"{before}{{{name}{kind}}}{after}")
        shape.append(f"{before}{{{kind}}}{after}")
    return PathTemplate("/" + "/".join(encoded), tuple(names), "/" + "/".join(shape))


def _check_text(path: str) -> None:
    if not isinstance(path, str):
        raise ValueError(f"the path must be a string, not {path!r}")
    if not path.startswith("/"):
        raise ValueError(f"the path {path!r} must start with '/'; write {'/' + path!r}")
    if bad := next((char for char in path if char in "?#\\" or char.isspace() or not char.isprintable()), None):
        raise ValueError(f"the path {path!r} must not contain {bad!r}; a query or fragment is no part of a route")
    if dots := {".", ".."} & set(path.split("/")):
        raise ValueError(f"the path {path!r} must not contain the segment {dots.pop()!r}; clients resolve it")


def _split_segment(path: str, segment: str) -> tuple[str, str | None, str, str]:
    """Literal text, parameter (`None` if there is none), `":path"` or `""`, literal text."""
    found = _PLACEHOLDER.findall(segment)
    if len(found) > 1:
        raise ValueError(f"in the path {path!r} the segment {segment!r} holds more than one parameter; split it")
    before, _, after = segment.partition(f"{{{found[0]}}}") if found else (segment, "", "")
    if any(brace in before + after for brace in "{}"):
        raise ValueError(f"the path {path!r} has unbalanced braces in {segment!r}; a parameter is '{{name}}'")
    if not found:
        return before, None, "", ""
    name, colon, converter = found[0].partition(":")
    if not name.isidentifier():
        raise ValueError(f"in the path {path!r} the parameter {segment!r} needs the name of a Python parameter")
    if colon and converter != "path":
        raise ValueError(
            f"in the path {path!r} the converter {converter!r} does not exist; write '{{{name}}}' and annotate the "
            f"handler's parameter (only '{{{name}:path}}' is known, for the rest of the path)"
        )
    if colon and (before or after):
        raise ValueError(f"in the path {path!r} '{{{name}:path}}' must be a segment of its own")
    return before, name, ":path" if colon else "", after


def normal_path(raw: str) -> str:
    """A path as sent, in the spelling of templates' literal text."""
    return _encode(raw)


def _encode(text: str) -> str:
    """Literal text as clients send it, in the one spelling of RFC 3986 §6.2.2."""
    encoded = quote(_STRAY_PERCENT.sub("%25", text), safe=_SAFE)
    return _ENCODED.sub(lambda match: quote(unquote_to_bytes(match.group()), safe=""), encoded)


def check_prefix(prefix: str) -> str:
    """Return *prefix* if routes may stand below it; raise `ValueError` otherwise."""
    if prefix == "":
        return prefix
    if not isinstance(prefix, str):
        raise ValueError(f"the prefix must be a string, not {prefix!r}")
    if not prefix.startswith("/"):
        raise ValueError(f"the prefix {prefix!r} must start with '/'; write {'/' + prefix!r}")
    if prefix.endswith("/"):
        raise ValueError(f"the prefix {prefix!r} must not end with '/'; write {prefix.rstrip('/')!r}")
    if ":path}" in prefix:
        raise ValueError(f"the prefix {prefix!r} must not hold a ':path' parameter; nothing could follow it")
    parse_path(prefix)
    return prefix


def parse_prefix(prefix: str) -> str:
    """A checked prefix as the router takes it, percent-encoded."""
    return parse_path(prefix).path if prefix else ""


def check_method(method: str) -> str:
    """Return the method token; standard methods may be given in any case. Raises `ValueError` for a non-token."""
    if not isinstance(method, str) or TOKEN.fullmatch(method) is None:
        raise ValueError(f"{method!r} is no HTTP method; a method is a token such as 'GET' (RFC 9110 §9.1)")
    return method.upper() if method.upper() in _STANDARD else method
