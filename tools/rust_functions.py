"""Finds functions in Rust source by its tokens: enough to count lines and parameters, without a Rust parser."""

import re
from collections.abc import Iterator

# Tried in order at each position; comments, strings and chars become blanks so that their brackets do not count.
_OPAQUE = re.compile(
    r"""
      //[^\n]*
    | [bc]?r(?P<hashes>\#*)".*?"(?P=hashes)
    | [bc]?"(?:\\.|[^"\\])*"
    | b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\\n])'
    """,
    re.DOTALL | re.VERBOSE,
)
_BLOCK_COMMENT = re.compile(r"/\*|\*/")
_FUNCTION = re.compile(r"\bfn\s+(?P<name>(?:r#)?[A-Za-z_]\w*)")
_RECEIVER = re.compile(r"^(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self\b")
_CLOSES = {")": "(", "]": "[", "}": "{", ">": "<"}


def functions(source: str) -> Iterator[tuple[str, int, int]]:
    """Each function that has a body: name, lines from `fn` to the closing brace, number of parameters but `self`."""
    code = blank(source)
    for match in _FUNCTION.finditer(code):
        opening = code.index("(", _after_generics(code, match.end()))
        closing = _matching(code, opening)
        body = _body(code, closing + 1)
        if body is None:
            continue
        lines = code.count("\n", match.start(), _matching(code, body)) + 1
        yield match["name"], lines, len(parameters(code[opening + 1 : closing]))


def blank(source: str) -> str:
    """*source* with comments, strings and chars replaced by blanks, line breaks kept."""
    pieces: list[str] = []
    position = 0
    while position < len(source):
        if source.startswith("/*", position):
            end = _comment_end(source, position)
        elif match := _OPAQUE.match(source, position):
            end = match.end()
        else:
            pieces.append(source[position])
            position += 1
            continue
        pieces.append("".join("\n" if char == "\n" else " " for char in source[position:end]))
        position = end
    return "".join(pieces)


def parameters(code: str) -> list[str]:
    """The parameters in *code*, the text between a function's parentheses, without its receiver."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(code):
        if char in "([{<":
            depth += 1
        elif char in ")]}" or (char == ">" and code[index - 1 : index] not in ("-", "=")):
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(code[start:index])
            start = index + 1
    parts.append(code[start:])
    named = [part.strip() for part in parts if part.strip()]
    return [part for part in named if not _RECEIVER.match(part)]


def _comment_end(source: str, position: int) -> int:
    # Rust's block comments nest.
    depth = 0
    for match in _BLOCK_COMMENT.finditer(source, position):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(source)


def _after_generics(code: str, position: int) -> int:
    """The position after `<…>` where one follows the name; bounds such as `Fn(u8) -> u8` hold brackets of their own."""
    while code[position].isspace():
        position += 1
    return _matching(code, position) + 1 if code[position] == "<" else position


def _matching(code: str, opening: int) -> int:
    """The index of the bracket that closes the one at *opening*; angle brackets count only inside angle brackets."""
    kinds = "([{<" if code[opening] == "<" else "([{"
    stack: list[str] = []
    for index in range(opening, len(code)):
        char = code[index]
        if char in kinds:
            stack.append(char)
        elif stack and _CLOSES.get(char) == stack[-1] and not (char == ">" and code[index - 1] in "-="):
            stack.pop()
            if not stack:
                return index
    raise ValueError(f"unbalanced {code[opening]!r} at offset {opening}")


def _body(code: str, position: int) -> int | None:
    """The index of the body's opening brace, or None for a declaration that ends with `;`."""
    depth = 0
    for index in range(position, len(code)):
        char = code[index]
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif depth == 0 and char in "{;":
            return index if char == "{" else None
    return None
