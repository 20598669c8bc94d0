"""Load: wrk with a new valid value in each request, and its result."""

import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sample import Sample

_DIGITS = 9
# Head and body are prepared as one text, because wrk has one thread and shares the machine.
_SCRIPT = """
local number, before, after = 0, "%s", "%s"
function request()
  number = number + 1
  return before .. string.format("%%09d", number) .. after
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "microseconds": %%d, "refused": %%d, "lost": %%d, "p99": %%d}\\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Load:
    """Result of wrk."""

    requests: int
    microseconds: int
    refused: int
    """Responses with a status above 399."""
    lost: int
    """Requests without a response."""
    p99: int
    """99th percentile of the latency in microseconds."""


def found() -> bool:
    """Return whether wrk is installed: a slower load generator would limit the result."""
    return shutil.which("wrk") is not None


def load(sample: Sample, port: int, seconds: float, connections: int) -> Load:
    """Send requests to `port` for `seconds`, over `connections` concurrent connections.

    wrk supports only whole seconds, at least one.
    """
    with TemporaryDirectory() as directory:
        script = Path(directory, "requests.lua")
        script.write_text(_script(sample, port), encoding="ascii")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        command += ["-s", str(script), f"http://127.0.0.1:{port}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout.strip().rpartition("\n")[2]))


def _script(sample: Sample, port: int) -> str:
    prefix = f"benchmark-{secrets.token_hex(6)}-"
    length = len(sample.body(prefix)) + _DIGITS
    fields = {"Host": f"127.0.0.1:{port}", **sample.headers(), "Content-Length": str(length)}
    lines = [f"{sample.operation.method} {sample.operation.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    head = "\r\n".join([*lines, "", sample.before + prefix])
    return _SCRIPT % (quoted(head), quoted(sample.after))


def quoted(text: str) -> str:
    """Return `text` escaped for a Lua string."""
    return "".join(f"\\{byte:03d}" for byte in text.encode())
