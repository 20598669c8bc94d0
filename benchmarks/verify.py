"""Benchmark of `hookproof verify` against `schemathesis run`: cases per second, faults found.

Run it where hookproof is installed: `python benchmarks/verify.py --faults 40`. Both test the same
kind of mock in turn, in separate processes with the same token. A fault counts as found if the exit
code is 1.
"""

import argparse
import json
import os
import re
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi.http.free_port import free_port
from openapi.loading.loader import default_contract_path

PYTHON = [sys.executable, "-m"]


@dataclass(frozen=True)
class Judged:
    """Result of one run."""

    code: int
    seconds: float
    cases: int


@contextmanager
def mock(port: int, *options: str) -> Iterator[str]:
    """Run the mock with `port` as its webhook receiver; yield its URL."""
    command = [*PYTHON, "hookproof", "mock", "--port", "0", *options]
    process = subprocess.Popen(
        [*command, "--webhook-url", f"http://127.0.0.1:{port}/"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition("listening on ")[2].strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def output(*arguments: str) -> str:
    command = [*PYTHON, "hookproof", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def by_hookproof(url: str, port: int, directory: Path) -> Judged:
    command = [*PYTHON, "hookproof", "verify", url, "--webhook-listen", f"127.0.0.1:{port}"]
    command += ["--webhook-deadline", "3", "--report-dir", str(directory)]
    command += ["--allow-destructive"]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False, cwd=directory)
    took = time.monotonic() - started
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return Judged(done.returncode, took, report["requests"])


def by_schemathesis(url: str, _port: int, directory: Path) -> Judged:
    command = [*PYTHON, "schemathesis.cli", "run", str(default_contract_path()), "--url", url]
    command += ["--header", f"Authorization: Bearer {os.environ['HOOKPROOF_TOKEN']}", "--no-color"]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
    took = time.monotonic() - started
    generated = re.search(r"(\d+) generated", done.stdout)
    return Judged(done.returncode, took, int(generated[1]) if generated else 0)


JUDGES = {"hookproof verify": by_hookproof, "schemathesis run": by_schemathesis}


def judged(*options: str) -> dict[str, Judged]:
    """Run both tools in turn, each against a new mock with the same `options`."""
    results = {}
    for name, judge in JUDGES.items():
        port = free_port()
        with TemporaryDirectory() as directory, mock(port, *options) as url:
            results[name] = judge(url, port, Path(directory))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=40, help="number of faults (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs without a fault (%(default)s)")
    given = parser.parse_args()
    os.environ["HOOKPROOF_JWT_SECRET"] = secrets.token_urlsafe(32)
    os.environ["HOOKPROOF_WEBHOOK_SECRET"] = secrets.token_urlsafe(32)
    os.environ["HOOKPROOF_TOKEN"] = output("token").strip()
    lacking = output("token", "--scope", "license:read").strip()
    os.environ["HOOKPROOF_TOKEN_WITHOUT_PERMISSION"] = lacking
    os.environ["HOOKPROOF_TOKEN_EXPIRED"] = output("token", "--expires-in", "-60").strip()

    conforming = [judged() for _ in range(given.runs)]
    # Other faults cause only warnings, or need an extra phase that exceeds the rate limit.
    faults = [
        fault
        for fault in json.loads(output("faults", "--json"))
        if fault["severity"] == "violation" and not fault["needs_rate_limit"]
    ]
    chosen = faults[:: max(1, len(faults) // given.faults)][: given.faults]
    found = dict.fromkeys(JUDGES, 0)
    for fault in chosen:
        for name, result in judged("--fault", fault["name"]).items():
            found[name] += result.code == 1
    print(f"{'':18}{'exit':>6}{'cases':>8}{'seconds':>9}{'cases/s':>9}{'faults found':>15}")
    for name in JUDGES:
        runs = [results[name] for results in conforming]
        seconds = statistics.median(run.seconds for run in runs)
        cases = statistics.median(run.cases for run in runs)
        codes = "/".join(str(code) for code in sorted({run.code for run in runs}))
        score = f"{found[name]} of {len(chosen)}"
        rate = cases / seconds
        print(f"{name:18}{codes:>6}{cases:>8.0f}{seconds:>9.1f}{rate:>9.1f}{score:>15}")


if __name__ == "__main__":
    main()
