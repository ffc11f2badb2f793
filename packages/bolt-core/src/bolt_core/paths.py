"""Route paths: their syntax, their parameters and when two of them would match the same requests."""

import re
from dataclasses import dataclass
from urllib.parse import quote

# RFC 9110 §5.6.2: what a method may consist of.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
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

    A parameter fills a whole segment; `{name:path}` stands last and takes the rest of the path, slashes included.
    Raises `ValueError` saying what is wrong and what to write instead.
    """
    if not isinstance(path, str):
        raise ValueError(f"the path must be a string, not {path!r}")
    if not path.startswith("/"):
        raise ValueError(f"the path {path!r} must start with '/'; write {'/' + path!r}")
    if bad := next((char for char in path if char in "?#\\" or char.isspace() or not char.isprintable()), None):
        raise ValueError(f"the path {path!r} must not contain {bad!r}; a query or fragment is no part of a route")
    segments = path[1:].split("/")
    names: list[str] = []
    encoded: list[str] = []
    shape: list[str] = []
    for index, segment in enumerate(segments):
        if "{" not in segment and "}" not in segment:
            if segment in (".", ".."):
                raise ValueError(f"the path {path!r} must not contain the segment {segment!r}; clients resolve it")
            encoded.append(quote(_STRAY_PERCENT.sub("%25", segment), safe=_SAFE))
            shape.append(encoded[-1])
            continue
        name, takes_rest = _placeholder(path, segment)
        if takes_rest and index != len(segments) - 1:
            raise ValueError(f"'{{{name}:path}}' takes the rest of the path; it must stand last in {path!r}")
        if name in names:
            raise ValueError(f"the path {path!r} names its parameter {name!r} twice; give each a name of its own")
        names.append(name)
        encoded.append(segment)
        shape.append("{:path}" if takes_rest else "{}")
    return PathTemplate("/" + "/".join(encoded), tuple(names), "/" + "/".join(shape))


def _placeholder(path: str, segment: str) -> tuple[str, bool]:
    """The parameter that *segment* is, and whether it takes the rest of the path."""
    match = _PLACEHOLDER.fullmatch(segment)
    if match is None:
        if _PLACEHOLDER.search(segment) is None:
            raise ValueError(f"the path {path!r} has unbalanced braces in {segment!r}; a parameter is '{{name}}'")
        raise ValueError(f"in the path {path!r} a parameter must fill its whole segment; {segment!r} does not")
    name, colon, converter = match.group(1).partition(":")
    if not name.isidentifier():
        raise ValueError(f"in the path {path!r} the parameter {segment!r} needs the name of a Python parameter")
    if colon and converter != "path":
        raise ValueError(
            f"in the path {path!r} the converter {converter!r} does not exist; write '{{{name}}}' and annotate the "
            f"handler's parameter (only '{{{name}:path}}' is known, for the rest of the path)"
        )
    return name, bool(colon)


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


def check_method(method: str) -> str:
    """Return the method token; standard methods may be given in any case. Raises `ValueError` for a non-token."""
    if not isinstance(method, str) or _TOKEN.fullmatch(method) is None:
        raise ValueError(f"{method!r} is no HTTP method; a method is a token such as 'GET' (RFC 9110 §9.1)")
    return method.upper() if method.upper() in _STANDARD else method
