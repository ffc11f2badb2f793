"""Prints the CPU time in seconds of one call of an ORM view in a plain Python loop of this process.

Run as `python -m benchmarks.apps.site.in_process orm-def|orm-async SECONDS`; a server's own cost is what it adds.
"""

import asyncio
import sys
import time

import django

django.setup()

from benchmarks.apps.site import users  # noqa: E402 models load after setup()


def plain(seconds: float) -> float:
    count, start, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        users.list_users()
        count += 1
    return (time.process_time() - start) / count


async def on_a_loop(seconds: float) -> float:
    count, start, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        await users.alist_users()
        count += 1
    return (time.process_time() - start) / count


def main(case: str, seconds: float) -> None:
    # The first calls open the connection and fill Django's caches.
    plain(0.2)
    print(plain(seconds) if case == "orm-def" else asyncio.run(on_a_loop(seconds)))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
