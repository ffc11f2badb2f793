"""Prints, as JSON, the CPU time in seconds of one call of each ORM view in a plain Python loop of this process.

Run as `python -m benchmarks.apps.site.in_process SECONDS`; what a server costs beyond these figures is the server's.
"""

import asyncio
import json
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


def main() -> None:
    seconds = float(sys.argv[1])
    plain(0.2)
    print(json.dumps({"orm-def": plain(seconds), "orm-async": asyncio.run(on_a_loop(seconds))}))


if __name__ == "__main__":
    main()
