"""Load by wrk, and what it saw: requests, time, latency, errors."""

import json
import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.pinning import pinned

# wrk's own report is for people; this prints one line of JSON after it. Latencies are in microseconds.
_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests": %d, "microseconds": %d, "median": %d, "p99": %d, "refused": %d, "errors": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class LoadError(Exception):
    """wrk saw errors, or said nothing."""


@dataclass(frozen=True)
class Load:
    """What wrk counted; `median` and `p99` are latencies in seconds."""

    requests: int
    seconds: float
    median: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second of wall time."""
        return self.requests / self.seconds


def script(case: Case, body: Path) -> str:
    """wrk's Lua script for *case*, whose body is read from the file *body*.

    The request is built once, so that wrk runs no Lua per request.
    """
    lines = [f"wrk.method = {_quoted(case.method)}"]
    if case.body:
        # From a file, byte for byte: an upload is no text that could stand in a script.
        lines.append(f'wrk.body = assert(io.open({_quoted(str(body))}, "rb")):read("*a")')
    lines += [f"wrk.headers[{_quoted(name)}] = {_quoted(value)}" for name, value in case.headers.items()]
    return "\n".join(lines) + _DONE


def _quoted(text: str) -> str:
    # JSON's escapes for quotes and backslashes are Lua's, and names and values are printable ASCII.
    return json.dumps(text)


def parse(output: str, *, refused: bool = False) -> Load:
    """Read the line that the script prints; raises LoadError where it is missing or counts errors.

    A status of 400 and above is an error too, or, where the case asks to be *refused*, any other status.
    """
    line = next((line for line in output.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise LoadError(f"wrk printed no result: {output.strip()[-300:]!r}")
    seen = json.loads(line.removeprefix("RESULT "))
    wrong = seen["errors"] + (seen["requests"] - seen["refused"] if refused else seen["refused"])
    if wrong or not seen["requests"]:
        raise LoadError(f"wrk saw {wrong} errors in {seen['requests']} requests")
    return Load(seen["requests"], seen["microseconds"] / 1e6, seen["median"] / 1e6, seen["p99"] / 1e6)


def run(case: Case, port: int, *, seconds: int, core: int | None, folder: Path) -> Load:
    """Load the server on *port* with *case* for *seconds*, wrk pinned to *core* where one is given."""
    lua, body = folder / f"{case.key}.lua", folder / f"{case.key}.body"
    body.write_bytes(case.body)
    lua.write_text(script(case, body))
    command = [*pinned(core), "wrk", "--threads", "1", "--connections", str(case.connections)]
    command += ["--duration", f"{seconds}s", "--timeout", "10s", "--script", str(lua)]
    result = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{case.path}"], capture_output=True, text=True, check=False
    )
    return parse(result.stdout + result.stderr, refused=case.status >= HTTPStatus.BAD_REQUEST)
