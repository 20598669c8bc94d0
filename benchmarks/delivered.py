"""Load on a webhook receiver: wrk with a signed event of the contract, and its result."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from load import quoted

from openapi.contract import Contract
from openapi.examples import body_example
from openapi.signatures.message import Message

SECRET = "a secret of the benchmark"
SIZE = 2048
"""Body size in bytes."""
_SCRIPT = """
wrk.method = "POST"
wrk.body = "%s"
%s
function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "microseconds": %%d, "refused": %%d, "lost": %%d, "p99": %%d, '
    .. '"slowest": %%d}\\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True)
class Delivered:
    """Result of wrk; times are in microseconds."""

    requests: int
    microseconds: int
    refused: int
    """Responses with a status above 399."""
    lost: int
    """Requests without a response."""
    p99: int
    """99th percentile of the latency."""
    slowest: int

    @property
    def per_second(self) -> float:
        """Deliveries with a response per second."""
        return self.requests * 1e6 / self.microseconds


def payload(contract: Contract) -> bytes:
    """Return the contract's example of an event, padded with white space."""
    text = json.dumps(body_example(contract, contract.events[0].schema))
    return text.encode().ljust(SIZE)


def headers(contract: Contract, body: bytes) -> dict[str, str]:
    """Return the headers that a delivery of `body` needs."""
    event = contract.events[0]
    signed = (
        event.signature.signed_headers(Message(body), SECRET, "1", 0) if event.signature else ()
    )
    return {"Content-Type": event.media_type, **dict(signed)}


def deliver(contract: Contract, port: int, seconds: float, connections: int) -> Delivered:
    """Send deliveries to `port`; wrk supports only whole seconds, at least one."""
    body = payload(contract)
    fields = headers(contract, body).items()
    lines = [f'wrk.headers["{quoted(name)}"] = "{quoted(value)}"' for name, value in fields]
    with TemporaryDirectory() as directory:
        script = Path(directory, "deliveries.lua")
        script.write_text(_SCRIPT % (quoted(body.decode()), "\n".join(lines)), encoding="ascii")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        command += ["-s", str(script), f"http://127.0.0.1:{port}/hooks"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Delivered(**json.loads(done.stdout.strip().rpartition("\n")[2]))
