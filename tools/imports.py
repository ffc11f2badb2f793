"""Declared imports: a package imports the standard library, itself and what its own pyproject.toml declares.

import-linter judges the arrows between our packages; this check judges each package as `pip install` of it alone would
find itself. What only an extra brings may be imported where its absence is handled: in a function, under `try` or `if`.
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
    """Each absolute import of a Python *source*: top-level module, line, and whether its absence may be handled."""
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while pending:
        node, guarded = pending.pop()
        match node:
            case ast.Import(names=names):
                yield from ((alias.name.split(".")[0], node.lineno, guarded) for alias in names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield module.split(".")[0], node.lineno, guarded
            case _:
                inside = guarded or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Try | ast.If)
                pending.extend((child, inside) for child in ast.iter_child_nodes(node))


def undeclared(
    package: project.Package, source: str, distributions: Mapping[str, list[str]], *, plugin: bool = False
) -> Iterator[tuple[int, str]]:
    """Line and module of each import in *source* that *package* does not declare.

    *plugin*: the module is an entry point, imported by its host alone, so what an extra brings is there.
    """
    for module, line, guarded in imported(source):
        if module in sys.stdlib_module_names or module == package.module:
            continue
        brought_by = {project.normalized(name) for name in distributions.get(module, [module])}
        allowed = package.requirements.keys() | (package.extras if guarded or plugin else frozenset())
        if not brought_by & allowed:
            yield line, module


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
            plugin = dotted in package.plugins
            for line, module in undeclared(package, path.read_text(), distributions, plugin=plugin):
                problems.append(f"{where}:{line}: imports {module}, which {package.name} does not declare")
    return project.report("declared imports", problems)


if __name__ == "__main__":
    sys.exit(main())
