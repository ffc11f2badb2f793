"""Whether code reads an attribute `user`, seen in the code itself as a route is registered."""

import dis
import functools
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

_READS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_NAME = "user"


def names_user(function: Any) -> bool:
    """Whether *function* reads `.user` of something.

    Looks into functions, lambdas and comprehensions inside of it, and into what it decorates (`__wrapped__`), is a
    method or a `functools.partial` of, or calls as an object. What it calls by name is not looked into.
    """
    return any(_reads(code) for code in _codes(function))


def guards_name_user(guards: Iterable[Any]) -> bool:
    """Whether one of *guards*, or of those they are made of, reads `.user`, for a request or for a single object."""
    return any(_guard_names(guard, ("has_permission", "has_object_permission", "check")) for guard in guards)


def async_guards_name_user(guards: Iterable[Any]) -> bool:
    """Whether one of *guards* reads `.user` on the event loop; those that do so on a thread may wait there."""
    return any(_guard_names(guard, ("has_permission",)) for guard in guards if getattr(guard, "is_async", False))


def _guard_names(guard: Any, methods: Iterable[str]) -> bool:
    parts = [*getattr(guard, "guards", ()), *filter(None, [getattr(guard, "guard", None)])]
    if parts:
        return any(_guard_names(part, methods) for part in parts)
    return any(names_user(method) for name in methods if (method := getattr(guard, name, None)) is not None)


def _codes(function: Any) -> Iterator[CodeType]:
    seen: set[int] = set()
    pending = [function]
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, functools.partial):
            pending.append(one.func)
        elif isinstance(one, MethodType):
            pending.append(one.__func__)
        elif isinstance(one, FunctionType):
            yield one.__code__
        elif not isinstance(one, type) and callable(one):
            pending.append(type(one).__call__)
        if (wrapped := getattr(one, "__wrapped__", None)) is not None:
            pending.append(wrapped)


def _reads(code: CodeType) -> bool:
    # The names first, which cost nothing; they also hold globals, and attributes that are only set.
    if _NAME in code.co_names and any(
        step.opname in _READS and step.argval == _NAME for step in dis.get_instructions(code)
    ):
        return True
    return any(_reads(constant) for constant in code.co_consts if isinstance(constant, CodeType))
