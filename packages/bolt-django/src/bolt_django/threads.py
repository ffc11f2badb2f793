"""Which pool thread runs this code, so that what began there can go on there."""

import threading

from bolt_core.pool import Pool


def pool_thread(pool: Pool) -> int | None:
    """The number of the calling thread in *pool*, for `Pool.submit`; None where the pool has no threads of its own."""
    name, _, number = threading.current_thread().name.rpartition("-")
    return int(number) if name == "bolt-pool" and pool.native.jobs_fd is None else None
