"""The request body, spooled before Django sees it: a pool thread never waits for a slow client."""

import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any, cast

from bolt_core.pool import run_in_pool
from django.conf import settings


async def spool(chunks: AsyncIterator[bytes]) -> tuple[IO[bytes], int]:
    """The whole body in a file and its length in bytes; on disk above FILE_UPLOAD_MAX_MEMORY_SIZE, as Django has it.

    Raises what the stream raises when the client leaves or breaks a limit; the file is closed then.
    """
    file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - handed to the caller
        max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b", dir=settings.FILE_UPLOAD_TEMP_DIR
    )
    length = 0
    try:
        async for chunk in chunks:
            length += len(chunk)
            if length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
                # From here on a write touches the disk.
                await run_in_pool(file.write, chunk)
            else:
                file.write(chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast("IO[bytes]", file), length


def has_body(headers: Any) -> bool:
    """Whether a request with these header fields has a body (RFC 9112 §6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
