"""Declared imports: a package imports the standard library, itself and what its own pyproject.toml declares.

import-linter judges the arrows between our packages; this check judges each package as `pip install` of it alone would
find itself. What only an extra brings may be imported where its absence is handled: in a function, under `try` or `if`.
A subpackage named as an extra (`bolt_django.postgresql`) imports what that extra brings; from elsewhere it is imported
only where its absence is handled.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from tools import project

_ENGINE = Path("packages/bolt-core/crates/bolt-http/Cargo.toml")


def imported(source: str) -> Iterator[tuple[str, int, bool]]:
    """Each absolute import of a Python *source*: dotted name, line, and whether its absence may be handled."""
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while pending:
        node, guarded = pending.pop()
        match node:
            case ast.Import(names=names):
                yield from ((alias.name, node.lineno, guarded) for alias in names)
            case ast.ImportFrom(level=0, module=str(module), names=names):
                yield from ((f"{module}.{alias.name}", node.lineno, guarded) for alias in names)
            case _:
                inside = guarded or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Try | ast.If)
                pending.extend((child, inside) for child in ast.iter_child_nodes(node))


def undeclared(
    package: project.Package, source: str, distributions: Mapping[str, list[str]], dotted: str = ""
) -> dict[tuple[int, str], None]:
    """Line and module of each import in *source* that *package* does not declare, in order.

    *dotted*: the module whose source it is. An entry point is imported by its host alone, so what an extra brings is
    there; likewise in an extra's own subpackage.
    """
    own_extra = _extra_of(package, dotted)
    present = package.extras if dotted in package.plugins else package.brought_by_extra.get(own_extra, frozenset())
    found: dict[tuple[int, str], None] = {}
    for name, line, guarded in imported(source):
        module = name.partition(".")[0]
        if module == package.module:
            if not guarded and _extra_of(package, name) not in ("", own_extra):
                found[line, ".".join(name.split(".")[:2])] = None
        elif module not in sys.stdlib_module_names:
            brought_by = {project.normalized(each) for each in distributions.get(module, [module])}
            if not brought_by & (package.requirements.keys() | (package.extras if guarded else present)):
                found[line, module] = None
    return found


def _extra_of(package: project.Package, dotted: str) -> str:
    """The extra that the module *dotted* of *package* needs, as its subpackage is named so; "" if there is none."""
    second = [*dotted.split("."), ""][1]
    return second if second in package.brought_by_extra else ""


def engine_problems(manifest: str) -> list[str]:
    """The engine crate knows no Python and forbids unsafe code."""
    data = tomllib.loads(manifest)
    tables = [data.get(kind, {}) for kind in ("dependencies", "dev-dependencies", "build-dependencies")]
    problems = [f"{_ENGINE}: depends on {name}" for table in tables for name in table if name.startswith("pyo3")]
    if data.get("lints", {}).get("rust", {}).get("unsafe_code") != "forbid":
        problems.append(f'{_ENGINE}: [lints.rust] must say unsafe_code = "forbid"')
    return problems


def main(root: Path = project.ROOT) -> int:
    distributions = packages_distributions()
    problems = engine_problems((root / _ENGINE).read_text())
    for package in project.packages(root).values():
        for path in sorted(package.source.rglob("*.py")):
            where = path.relative_to(root).as_posix()
            dotted = ".".join(path.relative_to(package.source.parent).with_suffix("").parts)
            for line, module in undeclared(package, path.read_text(), distributions, dotted):
                problems.append(f"{where}:{line}: imports {module}, which {package.name} does not declare")
    return project.report("declared imports", problems)


if __name__ == "__main__":
    sys.exit(main())
