"""What a library must do to a server's pool and context before that server runs, wherever it is started.

A test client starts servers that know nothing of the libraries in use; an integration (that with Django, for one)
registers here what its handlers rely on.
"""

import contextvars
from collections.abc import Callable

from bolt_core.pool import Pool

type Preparation = Callable[[Pool, contextvars.Context], None]

_preparations: list[Preparation] = []


def register_preparation(prepare: Preparation) -> None:
    """Call *prepare*(pool, context) for every server that a test client starts from now on.

    *context* is what every request's context is copied from. Registering a function again does nothing.
    """
    if prepare not in _preparations:
        _preparations.append(prepare)


def prepared_context(pool: Pool) -> contextvars.Context:
    """A copy of the calling context, made fit together with *pool* by every preparation."""
    context = contextvars.copy_context()
    for prepare in _preparations:
        prepare(pool, context)
    return context
