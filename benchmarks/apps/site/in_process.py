"""Prints the CPU time in seconds of one call of a case's own work in a plain Python loop of this process.

Run as `python -m benchmarks.apps.site.in_process CASE SECONDS`; a server's own cost is what it adds.
"""

import asyncio
import sys
import time

import django
import msgspec

django.setup()

from benchmarks.apps import payloads, structs  # noqa: E402 models load after setup()
from benchmarks.apps.site import users  # noqa: E402


def decode_document():
    """A call that reads the 11 KB body as its handler gets it."""
    decode, body = msgspec.json.Decoder(structs.Document).decode, payloads.encoded(payloads.DOCUMENT)
    return lambda: decode(body)


def encode_report():
    """A call that writes the 14 KB reply."""
    encode = msgspec.json.Encoder().encode
    return lambda: encode(payloads.REPORT)


WORK = {
    "orm-def": lambda: users.list_users,
    "get-def": lambda: lambda: users.get_user(payloads.USER_PK),
    "body-11k": decode_document,
    "reply-14k": encode_report,
}
ASYNC_WORK = {"orm-async": users.alist_users, "get-async": lambda: users.aget_user(payloads.USER_PK)}


def plain(work, seconds):
    """CPU seconds of one call of *work*; the clock is read once for 20 calls, for its own cost's sake."""
    count, start, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(20):
            work()
        count += 20
    return (time.process_time() - start) / count


async def on_a_loop(work, seconds):
    """CPU seconds of one awaited call of *work*, which has run before."""
    await work()
    count, start, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        await work()
        count += 1
    return (time.process_time() - start) / count


def main(case, seconds):
    """Print the figure of *case*."""
    if case in ASYNC_WORK:
        plain(users.list_users, 0.2)
        print(asyncio.run(on_a_loop(ASYNC_WORK[case], seconds)))
        return
    work = WORK[case]()
    # The first calls open the connection and fill Django's caches.
    plain(work, 0.2)
    print(plain(work, seconds))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
