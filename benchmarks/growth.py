"""Benchmark of growth: cost of the commands by the number of operations in the contract.

Run it where hookproof is installed: `python benchmarks/growth.py`. The contracts are copies of the
tests' second contract (`grown.py`). CPU is that of the process and its children, without the
mock's in a run of `verify`. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import proc
from grown import write_contract
from subjects import Running, Subject, running
from table import rows_of

from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract

SIZES = (10, 30, 100, 300, 1000)
LARGEST_RUN = 300
"""Most operations for which `verify` runs."""
HOOKPROOF = (sys.executable, "-m", "hookproof")
_SECRETS = {"HOOKPROOF_JWT_SECRET": "a secret of the benchmark, long enough to sign",
            "HOOKPROOF_WEBHOOK_SECRET": "whsec_YSBzZWNyZXQgb2YgdGhlIGJlbmNobWFyaw=="}  # fmt: skip
_MIB = 2**20


@dataclass(frozen=True)
class Run:
    """Cost of one run of `verify`."""

    verdict: str
    requests: int
    cpu_s: float
    closing_s: float
    """Seconds from the last request to the end of the process."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="operations")
    parser.add_argument("--largest-run", type=int, default=LARGEST_RUN, help="most for verify")
    given = parser.parse_args()
    rows: list[tuple[str, ...]] = [
        ("operations", "load ms", "per operation", "start s", "idle MiB", "dry run s",
         "verdict", "requests", "CPU s", "ms per request", "closing s")
    ]  # fmt: skip
    with TemporaryDirectory() as name:
        for size in given.sizes:
            file = Path(name) / f"{size}.yaml"
            write_contract(file, size)
            rows.append(_row(file, size, given.largest_run))
            print(*rows[-1], file=sys.stderr)
    print("\n".join(rows_of(rows)))


def _row(file: Path, size: int, largest_run: int) -> tuple[str, ...]:
    began = time.process_time()
    load_contract(file)
    loaded = time.process_time() - began
    token = _output("token", "--contract", str(file)).strip()
    dry = _children_cpu()
    _output("verify", "http://127.0.0.1:1", "--dry-run", "--contract", str(file), "--token", token)
    dry = _children_cpu() - dry
    receiver = free_port()
    mock = Subject(
        "mock",
        "mock",
        (*HOOKPROOF, "mock", "--contract", str(file), "--port", "PORT",
         "--webhook-url", f"http://127.0.0.1:{receiver}/"),
        True,
        _SECRETS,
    )  # fmt: skip
    began = time.monotonic()
    with running(mock) as server:
        _await(server)
        started = time.monotonic() - began
        memory = proc.memory(server.pid)[1] / _MIB
        run = (
            _run(file, f"http://127.0.0.1:{server.port}", receiver, token)
            if size <= largest_run
            else None
        )
    shown = (
        (run.verdict, str(run.requests), f"{run.cpu_s:.1f}",
         f"{1000 * run.cpu_s / run.requests:.1f}", f"{run.closing_s:.1f}")
        if run
        else ("-",) * 5
    )  # fmt: skip
    return (str(size), f"{1000 * loaded:.0f}", f"{1000 * loaded / size:.1f}", f"{started:.1f}",
            f"{memory:.0f}", f"{dry:.1f}", *shown)  # fmt: skip


def _await(server: Running) -> None:
    """Wait until the mock answers."""
    while server.process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{server.port}/", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit("the mock did not start")


def _output(*arguments: str) -> str:
    done = subprocess.run(
        [*HOOKPROOF, *arguments],
        env={**os.environ, **_SECRETS},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def _run(file: Path, url: str, receiver: int, token: str) -> Run:
    with TemporaryDirectory() as reports:
        before = _children_cpu()
        command = [*HOOKPROOF, "verify", url, "--contract", str(file), "--profile", "quick",
                   "--token", token, "--no-saved-cases", "--report-dir", reports,
                   "--allow-destructive",
                   "--webhook-listen", f"127.0.0.1:{receiver}"]  # fmt: skip
        waiting = time.monotonic()
        with subprocess.Popen(
            command,
            env={**os.environ, **_SECRETS},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("waiting for webhooks"):
                    waiting = time.monotonic()
        closing = time.monotonic() - waiting
        cpu = _children_cpu() - before
        report = json.loads((Path(reports) / "report.json").read_text(encoding="utf-8"))
    return Run(report["verdict"], report["requests"], cpu, closing)


def _children_cpu() -> float:
    """Return the CPU seconds of the child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
