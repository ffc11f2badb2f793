"""What a library tells test clients about itself: they start servers and know nothing of the libraries in use.

An integration (that with Django, for one) registers here what its handlers rely on, where its synchronous code must
run, and the application that its configuration names. Everything holds for the whole process; registering the same
function again does nothing.
"""

import contextlib
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING

from bolt_core.pool import Pool
from bolt_core.routing import FrozenApp

if TYPE_CHECKING:
    from bolt_core.api import BoltAPI

type Preparation = Callable[[Pool, contextvars.Context], None]
type Work = Callable[[], None]
type WorkRunner = Callable[[Work], None]
type ClientSession = Callable[[], contextlib.AbstractContextManager[object]]
type Asked = Callable[[], bool]
type LiveSession = Callable[[Pool, str], contextlib.AbstractContextManager[object]]
type ApplicationFinder = Callable[[], "BoltAPI | FrozenApp"]

_preparations: list[Preparation] = []
_work_runners: list[WorkRunner] = []
_client_sessions: list[ClientSession] = []
_propagations: list[Asked] = []
_live_sessions: list[LiveSession] = []
_application_finders: list[ApplicationFinder] = []


def register_preparation(prepare: Preparation) -> None:
    """Call *prepare*(pool, context) for every server that a test client starts from now on.

    *context* is what every request's context is copied from.
    """
    if prepare not in _preparations:
        _preparations.append(prepare)


def prepared_context(pool: Pool) -> contextvars.Context:
    """A copy of the calling context, made fit together with *pool* by every preparation."""
    context = contextvars.copy_context()
    for prepare in _preparations:
        prepare(pool, context)
    return context


def register_work_runner(run: WorkRunner) -> None:
    """Let *run*(work) decide on which thread the synchronous work of a test client's handlers runs.

    It is called on the thread that waits for a reply, and returns once *work* has returned there or on another thread
    to which the test's data belongs.
    """
    if run not in _work_runners:
        _work_runners.append(run)


def run_work(work: Work) -> None:
    """Run *work* where the test's data is: on the calling thread, unless the first registered runner knows better."""
    for run in _work_runners:
        return run(work)
    work()
    return None


def register_client_session(session: ClientSession) -> None:
    """Enter *session*() on the thread that starts a test client's server, and leave it when that has stopped."""
    if session not in _client_sessions:
        _client_sessions.append(session)


def client_session() -> contextlib.ExitStack:
    """Every registered session, entered; close it to leave them."""
    with contextlib.ExitStack() as stack:
        for session in _client_sessions:
            stack.enter_context(session())
        return stack.pop_all()


def register_propagation(asked: Asked) -> None:
    """Let test clients raise what a handler raises, whatever their own options say, while *asked*() is true."""
    if asked not in _propagations:
        _propagations.append(asked)


def propagates() -> bool:
    """Whether a configuration wants exceptions to leave test clients."""
    return any(asked() for asked in _propagations)


def register_live_session(session: LiveSession) -> None:
    """Enter *session*(pool, host) before a `LiveServer` starts, on the test's thread, and leave it after its end."""
    if session not in _live_sessions:
        _live_sessions.append(session)


def live_session(pool: Pool, host: str) -> contextlib.ExitStack:
    """Every registered session of a live server, entered; close it to leave them."""
    with contextlib.ExitStack() as stack:
        for session in _live_sessions:
            stack.enter_context(session(pool, host))
        return stack.pop_all()


def register_application(find: ApplicationFinder) -> None:
    """Let *find*() give the application to tests that name none; the last one registered wins."""
    if find not in _application_finders:
        _application_finders.append(find)


def find_application() -> "BoltAPI | FrozenApp | None":
    """The application of whoever registered one; raises what finding it raises."""
    return _application_finders[-1]() if _application_finders else None
