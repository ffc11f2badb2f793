"""Size budgets: what fits on a screen is read; what does not is split by concern.

Python: a file of at most 400 lines, a function of at most 40. Rust: 500 and 60. Both: at most 6 parameters (a method's
own `self` or `cls` does not count). A place with a good reason to be larger stands with it in `size_exceptions.toml`.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import project, rust_functions

EXCEPTIONS = Path(__file__).with_name("size_exceptions.toml")
MAX_PARAMETERS = 6


@dataclass(frozen=True)
class Budget:
    """The greatest number of lines of a file and of one function in it."""

    file: int
    function: int


BUDGETS = {".py": Budget(file=400, function=40), ".rs": Budget(file=500, function=60)}


@dataclass(frozen=True)
class Excess:
    """One place over its budget; `key` is how size_exceptions.toml names it."""

    path: str
    name: str
    what: str
    measured: int
    budget: int

    @property
    def key(self) -> str:
        return f"{self.path}::{self.name}" if self.name else self.path

    def __str__(self) -> str:
        return f"{self.key}: {self.measured} {self.what}, the budget is {self.budget}"


def python_functions(source: str) -> Iterator[tuple[str, int, int]]:
    """Each function of a Python *source*: dotted name, lines from `def` to its end, number of parameters."""
    pending: list[tuple[str, ast.AST, bool]] = [("", ast.parse(source), False)]
    while pending:
        prefix, node, in_class = pending.pop()
        for child in ast.iter_child_nodes(node):
            name = f"{prefix}{getattr(child, 'name', '')}"
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    yield name, (child.end_lineno or child.lineno) - child.lineno + 1, _parameters(child, in_class)
                    pending.append((f"{name}.", child, False))
                case ast.ClassDef():
                    pending.append((f"{name}.", child, True))
                case _:
                    pending.append((prefix, child, in_class))


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in function.decorator_list)
    own = 1 if in_class and named and not static else 0
    starred = (arguments.vararg is not None) + (arguments.kwarg is not None)
    return len(named) - own + len(arguments.kwonlyargs) + starred


def excesses(path: str, source: str) -> Iterator[Excess]:
    """Everything in one file (*path* relative to the root, its suffix says the language) that is over its budget."""
    suffix = Path(path).suffix
    budget = BUDGETS[suffix]
    lines = len(source.splitlines())
    if lines > budget.file:
        yield Excess(path, "", "lines", lines, budget.file)
    functions = python_functions(source) if suffix == ".py" else rust_functions.functions(source)
    for name, length, parameters in functions:
        if length > budget.function:
            yield Excess(path, name, "lines", length, budget.function)
        if parameters > MAX_PARAMETERS:
            yield Excess(path, name, "parameters", parameters, MAX_PARAMETERS)


def judge(found: list[Excess], exceptions: dict[str, str]) -> list[str]:
    """What is wrong: excesses without an exception, exceptions without a reason or without an excess."""
    problems = [str(excess) for excess in found if excess.key not in exceptions]
    keys = {excess.key for excess in found}
    for key, reason in exceptions.items():
        if len(reason.split()) < 4:
            problems.append(f"{EXCEPTIONS.name}: {key} needs its reason as a sentence")
        if key not in keys:
            problems.append(f"{EXCEPTIONS.name}: {key} is within its budget; remove the exception")
    return problems


def main() -> int:
    found = [
        excess
        for path in project.files(BUDGETS)
        for excess in excesses(path.relative_to(project.ROOT).as_posix(), path.read_text())
    ]
    exceptions: dict[str, str] = tomllib.loads(EXCEPTIONS.read_text()).get("exceptions", {})
    return project.report("size", judge(found, exceptions))


if __name__ == "__main__":
    sys.exit(main())
