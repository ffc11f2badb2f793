"""Failures that no reply can tell any more: of a stream after its head, of work in the background.

They are in the log. Who needs the exception itself, such as a test client, asks here.
"""

import logging
from collections.abc import Callable

log = logging.getLogger("bolt_core")

type FailureCallback = Callable[[BaseException], object]

_callbacks: list[FailureCallback] = []


def on_late_failure(callback: FailureCallback) -> FailureCallback:
    """Call *callback*(exc) for every such failure in this process, in the context of its request.

    Returns *callback*, so that it decorates.
    """
    _callbacks.append(callback)
    return callback


def report_late_failure(exc: BaseException) -> None:
    """Tell whoever asked; what a callback raises is logged."""
    for callback in _callbacks:
        try:
            callback(exc)
        except Exception as failure:
            log.error("a callback of on_late_failure failed", exc_info=failure)
