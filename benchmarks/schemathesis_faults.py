"""Benchmark of `schemathesis run` with the extension of hookproof and without it, over faults.

Run it in a checkout where hookproof is installed: `python benchmarks/schemathesis_faults.py`. Each
run tests a new mock with one of its webhook faults. Stock `schemathesis run` finds a fault if its
exit code is 1, the extension if its check fails. `--legal` tries the legal variants of the
reference service instead, with the extension: the check must not fail.
"""

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from openapi.http.free_port import free_port
from openapi.loading.loader import default_contract_path, load_contract

PYTHON = [sys.executable, "-m"]
SHARED = Path(__file__).resolve().parents[1] / "tests" / "shared"
CHECK = "HookproofWebhooks"


@dataclass(frozen=True)
class Judged:
    """Result of one run."""

    code: int
    seconds: float
    output: str

    @property
    def is_failed_by_extension(self) -> bool:
        """Whether the check of the extension failed."""
        return f"Custom check failed: `{CHECK}`" in self.output


@contextmanager
def served(command: Sequence[str]) -> Iterator[str]:
    """Run a server; yield the URL that its first line names."""
    process = subprocess.Popen(
        [*PYTHON, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition("listening on ")[2].split()[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@contextmanager
def mock(port: int, *options: str) -> Iterator[str]:
    """Run the mock with `port` as its webhook receiver; yield its URL."""
    command = ["hookproof", "mock", "--port", "0", *options]
    with served([*command, "--webhook-url", f"http://127.0.0.1:{port}/"]) as url:
        yield url


@contextmanager
def service(port: int, *options: str) -> Iterator[str]:
    """Run the reference service of the tests in the same way."""
    command = ["reference_service.service", "--jwt-secret", os.environ["HOOKPROOF_JWT_SECRET"]]
    command += ["--webhook-secret", os.environ["HOOKPROOF_WEBHOOK_SECRET"]]
    with served([*command, "--webhook-url", f"http://127.0.0.1:{port}/", *options]) as url:
        yield url


def output(*arguments: str) -> str:
    done = subprocess.run(
        [*PYTHON, *arguments], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout


def schemathesis(url: str, port: int, examples: int, *, extended: bool, token: str) -> Judged:
    command = [*PYTHON, "schemathesis.cli", "run", str(default_contract_path()), "--url", url]
    command += ["--header", f"Authorization: Bearer {token}", "--no-color"]
    command += ["--seed", "1", "--max-examples", str(examples)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    if extended:
        environment["SCHEMATHESIS_HOOKS"] = "hookproof.schemathesis"
        command += ["--hookproof-webhook-listen", f"127.0.0.1:{port}"]
        command += ["--hookproof-webhook-deadline", "4"]
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=environment
        )
    return Judged(done.returncode, time.monotonic() - started, done.stdout)


def of_mock(examples: int, *options: str, extended: bool) -> Judged:
    """Run against a new mock."""
    port = free_port()
    token = os.environ["HOOKPROOF_TOKEN"]
    with mock(port, *options) as url:
        return schemathesis(url, port, examples, extended=extended, token=token)


def of_service(examples: int, name: str, permissions: Sequence[str]) -> Judged:
    """Run with the extension against the reference service with one legal variant."""
    from reference_service.tokens import claims_for, mint  # noqa: PLC0415 - of the tests

    port, options = free_port(), ["--legal", name]
    claims = claims_for(list(permissions), str(uuid4()), time.time() + 3600, None)
    token = mint(claims, os.environ["HOOKPROOF_JWT_SECRET"])
    if name == "opaque-tokens":
        token = "opaque-token-of-the-benchmark"
        options += ["--opaque-token", f"{token}:{','.join(permissions)}"]
    with service(port, *options) as url:
        return schemathesis(url, port, examples, extended=True, token=token)


def webhook_faults() -> list[str]:
    """Return the names of the faults of webhooks that break the contract without doubt."""
    faults = json.loads(output("hookproof", "faults", "--json"))
    return [
        fault["name"]
        for fault in faults
        if fault["category"] == "webhooks" and fault["severity"] == "violation"
    ]


def show_faults(names: Sequence[str], examples: int) -> None:
    """Print which of both finds each fault, and how many each finds."""
    stock = extended = 0
    print(f"{'fault':60}{'stock':>8}{'extended':>10}")
    for name in names:
        by_stock = of_mock(examples, "--fault", name, extended=False).code == 1
        options = ["--fault", name]
        by_extension = of_mock(examples, *options, extended=True).is_failed_by_extension
        stock, extended = stock + by_stock, extended + by_extension
        found, also = ("found" if one else "-" for one in (by_stock, by_extension))
        print(f"{name:60}{found:>8}{also:>10}", flush=True)
    print(f"{f'found, of {len(names)}':60}{stock:>8}{extended:>10}")


def show_seconds(runs: int, examples: int) -> None:
    """Print the medians of runs without a fault."""
    codes = set()
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(runs):
        for extended in (False, True):
            result = of_mock(examples, extended=extended)
            seconds[extended].append(result.seconds)
            codes.add(result.code)
    stock, with_extension = (statistics.median(values) for values in seconds.values())
    print(f"exit codes without a fault: {', '.join(map(str, sorted(codes)))}")
    print(
        f"seconds without a fault: stock {stock:.1f}, extended {with_extension:.1f}, "
        f"added {with_extension - stock:.1f}"
    )


def show_legal_variants(places: slice, examples: int) -> None:
    """Print the legal variants of the reference service for which the check failed."""
    from reference_service.legal_variants import LEGAL  # noqa: PLC0415 - of the tests

    permissions = load_contract().at("/components/schemas/KnownPermission")["enum"]
    names, failed = [*LEGAL][places], []
    for name in names:
        result = of_service(examples, name, permissions)
        if result.is_failed_by_extension or "events matched" not in result.output:
            failed.append(name)
    print(
        f"legal variants: {len(names)}, the check failed for {len(failed)}: "
        f"{', '.join(failed) or 'none'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="try every STEP-th fault (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="index of the first (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs without a fault (%(default)s)")
    parser.add_argument("--max-examples", type=int, default=10, help="(%(default)s)")
    parser.add_argument("--legal", action="store_true", help="add the legal variants")
    given = parser.parse_args()
    os.environ["HOOKPROOF_JWT_SECRET"] = secrets.token_urlsafe(32)
    os.environ["HOOKPROOF_WEBHOOK_SECRET"] = secrets.token_urlsafe(32)
    sys.path.insert(0, str(SHARED))
    paths = [str(SHARED), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["HOOKPROOF_TOKEN"] = output("hookproof", "token").strip()
    places = slice(given.first, None, given.step)
    if given.legal:
        show_legal_variants(places, given.max_examples)
    else:
        show_faults(webhook_faults()[places], given.max_examples)
    if given.runs:
        show_seconds(given.runs, given.max_examples)


if __name__ == "__main__":
    main()
