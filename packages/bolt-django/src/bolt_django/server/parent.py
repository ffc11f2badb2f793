"""A serving process and the one that started it: none outlives its parent by accident."""

import os
import signal
import threading
import time

# What a process gets beyond its own deadline to end before it is killed.
KILL_GRACE_SECONDS = 2.0


def stop_with_parent(alive_fd: int, timeout: float) -> None:
    """Stop this process when its parent ends without a word: gracefully, and after *timeout* seconds at once.

    *alive_fd* is the reading end of a pipe whose other end the parent alone holds.
    """

    def watch() -> None:
        os.read(alive_fd, 1)  # Nobody ever writes: this returns at the end of the parent.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(timeout + KILL_GRACE_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="bolt-parent-watch", daemon=True).start()
