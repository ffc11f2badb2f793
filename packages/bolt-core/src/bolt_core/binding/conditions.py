"""A handler's condition, compiled: what its functions take, and the call that asks them before the handler."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bolt_serializers.errors import DeclarationError

from bolt_core.binding.callables import Call, Namespace, fresh, name_of, plan_call, read_signature
from bolt_core.binding.parts import Place
from bolt_core.binding.sources import plan_param
from bolt_core.conditions import Validated, Validators, condition_of
from bolt_core.exceptions import ConfigError
from bolt_core.markers import Source
from bolt_core.plan import ParamPlan
from bolt_core.pool import run_in_pool

_REQUEST = "the request"
"""The name, no identifier, under which the request comes where the handler does not take it."""


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of a condition, and which of the values known it takes by which name."""

    call: Call
    takes: tuple[tuple[str, str], ...]

    def arguments(self, known: Mapping[str, Any]) -> dict[str, Any]:
        return {name: fresh(known[source]) for name, source in self.takes}


def conditional(
    handler: Callable[..., Any], params: tuple[ParamPlan, ...], call: Call, place: Place, namespace: Namespace
) -> tuple[tuple[ParamPlan, ...], Call]:
    """The parameters and the call of *handler* under its condition, if it has one.

    Raises `ConfigError` for what cannot work.
    """
    condition = condition_of(handler)
    if condition is None:
        return params, call
    extra: dict[str, ParamPlan] = {}
    functions = [
        None if function is None else _plan(function, params, extra, place, namespace)
        for function in (condition.etag, condition.last_modified)
    ]
    request = next((param.name for param in params if param.source is Source.REQUEST), _REQUEST)
    if request == _REQUEST:
        extra[_REQUEST] = ParamPlan(name=_REQUEST, keyword=True, source=Source.REQUEST, wire_name=_REQUEST)
    positional = tuple(param.name for param in params if not param.keyword)
    guarded = _Guarded(call, tuple(functions), positional, tuple(extra), request)
    is_async = call.is_async or any(function is not None and function.call.is_async for function in functions)
    run = guarded.run_async if is_async else guarded.run_sync
    return (*params, *extra.values()), Call(run, is_async)


def _plan(
    function: Callable[..., Any],
    params: tuple[ParamPlan, ...],
    extra: dict[str, ParamPlan],
    place: Place,
    namespace: Namespace,
) -> _Function:
    """Decide what *function* takes; what the handler does not is added to *extra*."""
    name = name_of(function)
    try:
        signature = read_signature(function, namespace, rest=True)
    except DeclarationError as error:
        raise ConfigError(f"has the condition {name}(), which {error}") from error
    own = {param.name: param for param in params}
    takes = []
    for parameter in signature.parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            takes += [(param.name, param.name) for param in params if param.source is Source.PATH]
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            raise ConfigError(f"has the condition {name}(), whose parameter {parameter.name!r} is positional-only")
        else:
            takes.append((parameter.name, _source(name, parameter, own, extra, place)))
    # `**kwargs` brings again what is named beside it.
    return _Function(plan_call(function), tuple(dict(takes).items()))


def _source(
    name: str, parameter: inspect.Parameter, own: Mapping[str, ParamPlan], extra: dict[str, ParamPlan], place: Place
) -> str:
    """The name under which the value of *parameter* is known."""
    if parameter.name in own:
        return parameter.name
    try:
        plan = plan_param(parameter.replace(kind=parameter.KEYWORD_ONLY), place)
    except DeclarationError:
        plan = None
    if plan is not None and plan.source is Source.REQUEST:
        return next((param.name for param in own.values() if param.source is Source.REQUEST), _REQUEST)
    if plan is None or plan.source is not Source.PATH:
        raise ConfigError(
            f"has the condition {name}() with parameter {parameter.name!r}, which is neither the request, a path "
            "parameter nor a parameter of the handler; take the request and read it from there"
        )
    extra.setdefault(parameter.name, replace(plan, keyword=True))
    return parameter.name


@dataclass(frozen=True, slots=True)
class _Guarded:
    """Asks the functions, then calls the handler unless the request's preconditions forbid it."""

    call: Call
    functions: tuple[_Function | None, ...]
    """That of the entity tag, that of the last change."""
    positional: tuple[str, ...]
    """Names of the handler's arguments that come without one."""
    extra: tuple[str, ...]
    """Values that the handler does not take."""
    request: str

    def _known(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Every value by name; those that are not the handler's are taken out of *kwargs*."""
        known = {**dict(zip(self.positional, args, strict=True)), **kwargs}
        for name in self.extra:
            kwargs.pop(name, None)
        return known

    def run_sync(self, *args: Any, **kwargs: Any) -> Any:
        """Everything on the pool thread that the engine calls this on."""
        known = self._known(args, kwargs)
        validators = Validators.of(*[function and self._ask(function, known) for function in self.functions])
        answer = validators.check(known[self.request])
        return answer or self._validated(self.call.function(*args, **kwargs), validators, known)

    async def run_async(self, *args: Any, **kwargs: Any) -> Any:
        """What is `async def` on the loop, what is `def` on the pool."""
        known = self._known(args, kwargs)
        validators = Validators.of(
            *[function and await self._ask_async(function, known) for function in self.functions]
        )
        if (answer := validators.check(known[self.request])) is not None:
            return answer
        result = await _run(self.call, args, kwargs)
        return self._validated(result, validators, known)

    def _ask(self, function: _Function, known: Mapping[str, Any]) -> Any:
        return function.call.function(**function.arguments(known))

    def _ask_async(self, function: _Function, known: Mapping[str, Any]) -> Awaitable[Any]:
        return _run(function.call, (), function.arguments(known))

    def _validated(self, result: Any, validators: Validators, known: Mapping[str, Any]) -> Validated:
        return Validated(result, validators, known[self.request].method in ("GET", "HEAD"))


async def _run(call: Call, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if call.is_async:
        return await call.function(*args, **kwargs)
    return await run_in_pool(call.function, *args, **kwargs)
