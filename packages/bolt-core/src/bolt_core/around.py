"""What encloses a route's calls, put together once, as the application is frozen.

From the outside in: what integrations add (Django's signals and middleware), the framework's own middleware from the
application's to the route's, and around the handler alone the units, such as a transaction. Everything outside the
units deals in responses and never sees an exception; the engine calls `Around.call` in place of the handler.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bolt_core._native import Request
from bolt_core.authentication import AccessLayer
from bolt_core.errors import outcome_of_exception, plain_outcome
from bolt_core.exceptions import ConfigError
from bolt_core.handling import Units, async_handling, sync_handling
from bolt_core.headers import ResponseHeaders
from bolt_core.middleware import EVERY, MiddlewareFactory, made, shown
from bolt_core.outcomes import outcome_of_response
from bolt_core.plan import HandlerPlan
from bolt_core.responses import Response
from bolt_core.streaming import SERVER_LOOP
from bolt_core.types import Outcome, Promise

__all__ = [
    *("Enclosure", "Layer", "Settled", "Skipped", "answer_of", "answer_of_async"),
    *("forget_enclosures", "register_enclosure"),
]

type Step = Callable[[Request], Response]
"""Answers a request on its thread; never raises."""

type AsyncStep = Callable[[Request], Awaitable[Response]]


class Layer(Protocol):
    """One thing around what is inside, for one route."""

    @property
    def names(self) -> Sequence[str]:
        """What it is called in `skip_middleware` and in listings; several where it stands for several."""
        ...

    @property
    def reads_body(self) -> bool:
        """Whether it may read a body that the handler does not take, which is there for it then."""
        ...

    def around(self, plan: HandlerPlan, inner: Step) -> Step | None:
        """Around a `def` handler, on its thread; `None` where this must run on the loop."""
        ...

    def around_async(self, plan: HandlerPlan, inner: AsyncStep) -> AsyncStep:
        """The same on the event loop. *inner* never raises; what this raises is answered as an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Enclosure:
    """What an integration puts around a route."""

    layers: tuple[Layer, ...] = ()
    """Outside the framework's own middleware, the outermost first."""
    units: Units = field(default_factory=Units)
    """Around the handler."""
    before_guards: tuple[Callable[[Request], Awaitable[object]], ...] = ()
    """Awaited once it is known who calls, before guards that the engine cannot ask; what they raise is the answer."""


type FindEnclosure = Callable[[HandlerPlan, Mapping[str, Any], "Skipped"], Enclosure | None]

_integrations: list[FindEnclosure] = []


def register_enclosure(find: FindEnclosure) -> None:
    """Let *find*(plan, options, skipped) say what encloses a route, whenever an application is frozen.

    *options* are those of the integration that its routers and applications were given, the nearest first.
    """
    if find not in _integrations:
        _integrations.append(find)


class Generation:
    """Which answers of the integrations hold: those of an application frozen in an earlier generation are old."""

    number = 0


def forget_enclosures() -> None:
    """Let every application be frozen anew when it is next asked for, as the settings of an integration have changed.

    One that is being served stays as it is.
    """
    Generation.number += 1


class Skipped:
    """What a route skips, and whether all of that was there to be skipped."""

    def __init__(self, plan: HandlerPlan) -> None:
        self._plan = plan
        self._left = list(plan.skips)

    def __call__(self, one: Any, name: str) -> bool:
        """Whether the route skips *one*, a class or function whose dotted path is *name*."""
        found = [skipped for skipped in self._plan.skips if skipped in (EVERY, one, name)]
        self._left = [skipped for skipped in self._left if skipped not in found]
        return bool(found)

    def check(self) -> None:
        """Raise `ConfigError` for what nothing around the route is."""
        for skipped in self._left:
            if skipped != EVERY:
                name = skipped if isinstance(skipped, str) else shown(skipped)
                raise ConfigError(
                    f"{self._plan.method} {self._plan.path}: handler {self._plan.name}() skips the middleware {name}, "
                    "which does not enclose it; leave it out"
                )


class OwnLayer:
    """A place that names middleware of the framework's own; one object serves all routes below it."""

    reads_body = True

    def __init__(self, factory: MiddlewareFactory) -> None:
        self.factory = factory
        self.names = (shown(factory),)
        # By what encloses a route, which a copy of its plan shares.
        self._inner: dict[Any, AsyncStep] = {}
        self._instance: Callable[[Request], Awaitable[Any]] | None = None

    def around(self, plan: HandlerPlan, inner: Step) -> Step | None:
        """It runs on the loop alone."""
        return None

    def around_async(self, plan: HandlerPlan, inner: AsyncStep) -> AsyncStep:
        """The object itself, which goes on with *inner* for requests of *plan*."""
        if self._instance is None:
            self._instance = made(self.factory, self._get_response)
        self._inner[plan.around] = inner
        return self._instance

    async def _get_response(self, request: Request) -> Response:
        return await self._inner[request.plan.around](request)


class Settled(Response):
    """A response on its way out through the layers: status and fields as they are sent, content as it is."""

    __slots__ = ()

    def __init__(self, outcome: Outcome, request: Request) -> None:
        # Not by the base class's, which checks what an author wrote.
        self.status_code = outcome[0]
        self.headers = ResponseHeaders(outcome[1])
        self.content = outcome[2]
        self.content_type = self.background = None
        if len(outcome) == 4 and outcome[3] is not None:
            request._lazy.setdefault(_AFTER, []).append(outcome[3])

    @property
    def streaming(self) -> bool:
        """Whether the body is still to be read, or the engine's file."""
        return not isinstance(self.content, str | bytes)


_AFTER = "after"
"""Where a request keeps what is to be called after the reply; a response that a layer throws away keeps its tasks."""


class Around:
    """All that encloses one route; *call* takes the request to an outcome, or promises one."""

    def __init__(self, plan: HandlerPlan, layers: Sequence[Layer], units: Units) -> None:
        self.names = tuple(name for layer in layers for name in layer.names)
        self.layers = tuple(layers)
        self._units = units
        self.call: Callable[[Request], Outcome | Promise]
        self.is_async = plan.is_async

    def build(self, plan: HandlerPlan) -> None:
        """Make the steps for *plan*, which holds this object; raises `ConfigError` for what cannot enclose it."""
        step = None if plan.is_async else self._sync_step(plan)
        if step is None:
            self.is_async = True
            self.call = _answering_async(self._async_step(plan))
        else:
            self.call = _answering(step)

    def _sync_step(self, plan: HandlerPlan) -> Step | None:
        if any(call.is_async for call in plan.exception_handlers.values()):
            return None
        handle = sync_handling(self._units)

        def innermost(request: Request) -> Response:
            return Settled(_waited_for(handle(request)), request)

        step: Step = innermost
        for layer in reversed(self.layers):
            outer = layer.around(plan, step)
            if outer is None:
                return None
            step = _guarded(outer)
        return step

    def _async_step(self, plan: HandlerPlan) -> AsyncStep:
        handle = async_handling(self._units, is_async=plan.is_async)

        async def innermost(request: Request) -> Response:
            return Settled(await handle(request), request)

        step: AsyncStep = innermost
        for layer in reversed(self.layers):
            step = _guarded_async(layer.around_async(plan, step))
        return step


def answer_of(exc: Exception, request: Request) -> Response:
    """What *exc* of a layer becomes, on the thread of a `def` handler; never raises."""
    return Settled(_waited_for(outcome_of_exception(request.plan, exc, request)), request)


async def answer_of_async(exc: Exception, request: Request) -> Response:
    """The same on the event loop."""
    outcome = outcome_of_exception(request.plan, exc, request)
    return Settled(outcome if isinstance(outcome, tuple) else await outcome, request)


def _guarded(step: Callable[[Request], Any]) -> Step:
    """*step*, whatever it returns or raises made a response."""

    def run(request: Request) -> Response:
        try:
            answer = step(request)
            if type(answer) is Settled:
                return answer
            return Settled(_waited_for(plain_outcome(request.plan, answer, request)), request)
        except Exception as exc:
            return answer_of(exc, request)

    return run


def _guarded_async(step: Callable[[Request], Awaitable[Any]]) -> AsyncStep:
    async def run(request: Request) -> Response:
        try:
            answer = await step(request)
            if type(answer) is Settled:
                return answer
            outcome = plain_outcome(request.plan, answer, request)
            return Settled(outcome if isinstance(outcome, tuple) else await outcome, request)
        except Exception as exc:
            return await answer_of_async(exc, request)

    return run


def _waited_for(outcome: Outcome | Promise) -> Outcome:
    """*outcome*, on a pool thread, which waits for what the loop has to do for it."""
    if isinstance(outcome, tuple):
        return outcome

    async def wait(promise: Promise) -> Outcome:
        return await promise

    return asyncio.run_coroutine_threadsafe(wait(outcome), SERVER_LOOP.get()).result()


def _answering(step: Step) -> Callable[[Request], Outcome | Promise]:
    def call(request: Request) -> Outcome | Promise:
        return _outcome(step(request), request)

    return call


def _answering_async(step: AsyncStep) -> Callable[[Request], Outcome | Promise]:
    async def call(request: Request) -> Outcome:
        outcome = _outcome(await step(request), request)
        return outcome if isinstance(outcome, tuple) else await outcome

    return call


def _outcome(response: Response, request: Request) -> Outcome | Promise:
    """What the engine sends; the work that the request left for after the reply is in it."""
    try:
        if isinstance(response.content, str):
            response.content = response.content.encode()
        outcome = outcome_of_response(None, response)
    except Exception as exc:
        return outcome_of_exception(request.plan, exc, request)
    after: list[Callable[[], object]] | None = request._lazy.get(_AFTER)
    if after is None:
        return outcome
    return (*outcome[:3], after[0] if len(after) == 1 else lambda: [call() for call in after])


def enclosed(plan: HandlerPlan, own: Iterable[OwnLayer], options: Mapping[str, Any]) -> HandlerPlan:
    """*plan* with all that encloses it; itself where that is nothing.

    *own*: middleware of the application and the routers, the outermost first. *options*: those of integrations. Raises
    `ConfigError` for middleware that cannot be made or does not suit, and for what is skipped and not there.
    """
    skipped = Skipped(plan)
    found = [made for find in _integrations if (made := find(plan, options, skipped)) is not None]
    layers: list[Layer] = [layer for enclosure in found for layer in enclosure.layers]
    inner = (*own, *map(OwnLayer, plan.middleware))
    layers += [layer for layer in inner if not skipped(layer.factory, layer.names[0])]
    skipped.check()
    outer = tuple(unit for enclosure in found for unit in enclosure.units.outer)
    units = Units(outer, tuple(unit for enclosure in found for unit in enclosure.units.inner))
    before = tuple(call for enclosure in found for call in enclosure.before_guards)
    undecided = None
    if plan.access is not None and plan.access.may_be_undecided:
        asking = (*layers, AccessLayer(plan.access, decided=False, before=before))
        undecided = _around(replace(plan, undecided=None), asking, units)
    if plan.access is not None and (plan.access.python_guards or not plan.access.in_engine):
        layers.append(AccessLayer(plan.access, decided=plan.access.in_engine, before=before))
    return replace(_around(plan, layers, units), undecided=undecided)


def _around(plan: HandlerPlan, layers: Sequence[Layer], units: Units) -> HandlerPlan:
    """*plan* inside of these; itself where there are none."""
    if not layers and units == Units():
        return plan
    around = Around(plan, layers, units)
    reads_body = any(layer.reads_body for layer in layers)
    plan = replace(plan, around=around, body="whole" if plan.body == "none" and reads_body else plan.body)
    around.build(plan)
    return plan
