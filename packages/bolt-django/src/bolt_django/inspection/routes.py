"""The table of routes that `manage.py bolt routes` shows."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from bolt_core.plan import HandlerPlan


@dataclass(frozen=True, slots=True)
class MiddlewareRow:
    """One middleware around a route."""

    name: str
    cost_us: float | None = None
    """What it costs a request, in microseconds; `None` where it has not been measured."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One route, as it is served."""

    method: str
    path: str
    name: str
    """The operation's name, if the route has one of its own; else empty."""
    handler: str
    location: str
    """`file:line`"""
    kind: str
    """`async` or `sync`"""
    middleware: tuple[MiddlewareRow, ...]
    """From the outermost inwards."""

    def as_json(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return asdict(self)


def rows_of(plans: Iterable[HandlerPlan], costs: Mapping[str, float] = MappingProxyType({})) -> list[RouteRow]:
    """A row for each plan, in the order of paths and then of methods; *costs* are those of middleware, by its name."""
    rows = [
        RouteRow(
            method=plan.method,
            path=plan.path,
            name=plan.info.operation_id or "",
            handler=plan.name,
            location=plan.origin,
            kind="async" if plan.is_async else "sync",
            middleware=middleware_of(plan, costs),
        )
        for plan in plans
    ]
    return sorted(rows, key=lambda row: (row.path, row.method))


def middleware_of(plan: HandlerPlan, costs: Mapping[str, float]) -> tuple[MiddlewareRow, ...]:
    """The middleware of a route of a frozen application: the one place that reads it from the plan."""
    names = () if plan.around is None else plan.around.names
    return tuple(MiddlewareRow(name, costs.get(name)) for name in names)


_COLUMNS = ("METHOD", "PATH", "NAME", "HANDLER", "KIND")


def table(rows: Sequence[RouteRow], *, verbose: bool) -> str:
    """The rows in columns; *verbose* adds where the handler stands, and the middleware with its costs."""
    titles = (*_COLUMNS, "LOCATION", "MIDDLEWARE") if verbose else _COLUMNS
    cells = [titles, *(_cells(row, verbose=verbose) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(titles))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _cells(row: RouteRow, *, verbose: bool) -> tuple[str, ...]:
    cells = (row.method, row.path, row.name or "-", row.handler, row.kind)
    if not verbose:
        return cells
    return (*cells, _near(row.location), ", ".join(map(_shown, row.middleware)) or "-")


def _near(location: str) -> str:
    """As seen from the working directory, where it lies below."""
    relative = os.path.relpath(location)
    return location if relative.startswith("..") else relative


def _shown(middleware: MiddlewareRow) -> str:
    if middleware.cost_us is None:
        return middleware.name
    return f"{middleware.name} ({middleware.cost_us:.1f} µs)"
