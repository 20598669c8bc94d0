"""Soak of mock and sink together: creates at a steady rate, whose webhooks the sink stores.

Run it where hookproof is installed: `python benchmarks/soak.py`. The mock sends the webhook of each
create to the sink. Every 30 s a row shows memory, descriptors and threads of both, and the latency
of the creates in between. At the end, growth and latency of the last quarter are compared with the
second one: the first one fills caches and the bounded records. Linux only.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import httpx
import proc
from sample import Sample, sample
from sinks import ready, settled, sink
from subjects import Running, Subject, first_answer, running
from table import machine, rows_of

from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.loading.builder import required_permissions
from openapi.loading.loader import load_contract

INTERVAL_S = 30
_MIB = 2**20
_HEAD = ("seconds", "creates", "p50 ms", "p99 ms", "mock MiB", "fds", "threads",
         "sink MiB", "fds", "threads")  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """Resources that a server holds."""

    memory: int
    """Bytes."""
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Plan:
    """Load."""

    seconds: int
    rate: int
    """Creates per second."""


@dataclass(frozen=True)
class Interval:
    """Creates of one interval, and what both servers hold at its end."""

    latencies: tuple[float, ...]
    """Seconds."""
    mock: Sizes
    sink: Sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8, help="duration (8)")
    parser.add_argument("--rate", type=int, default=50, help="creates per second (50)")
    given = parser.parse_args()
    if not proc.KNOWN:
        raise SystemExit("this benchmark reads /proc, so it needs Linux")
    contract = load_contract()
    with TemporaryDirectory() as name, ExitStack() as stack:
        receiver = stack.enter_context(running(sink(Path(name) / "deliveries.db")))
        client = stack.enter_context(httpx.Client(timeout=30))
        ready(client, receiver.port)
        mock = stack.enter_context(running(_mock(receiver.port)))
        token = mint(DEVELOPMENT_SECRET, required_permissions(contract.operations), None)
        asked = sample(contract, token)
        first_answer(mock, asked)
        plan = Plan(round(given.minutes * 60), given.rate)
        intervals = _soak(mock, receiver, asked, plan)
        created = sum(len(one.latencies) for one in intervals)
        settled(client, receiver.port, created)
    print("\n".join([*rows_of([_HEAD, *_rows(intervals)]), "", *_comparison(intervals)]))
    print(f"\n{created} creates, each delivered; {machine(f'{given.rate} creates a second')}")


def _mock(receiver: int) -> Subject:
    hooks = ("--webhook-url", f"http://127.0.0.1:{receiver}/hooks")
    command = (sys.executable, "-m", "hookproof", "mock", "--port", "PORT", *hooks)
    return Subject("mock", "hookproof mock", command, True)


def _soak(mock: Running, receiver: Running, asked: Sample, given: Plan) -> list[Interval]:
    """Create at the rate of `given`, and return an interval for each `INTERVAL_S`."""
    url = f"http://127.0.0.1:{mock.port}{asked.operation.path}"
    intervals: list[Interval] = []
    began = time.monotonic()
    created = 0
    with httpx.Client(timeout=30, headers=asked.headers()) as client:
        while (passed := len(intervals) * INTERVAL_S) < given.seconds:
            latencies = []
            for _ in range(given.rate * min(INTERVAL_S, given.seconds - passed)):
                # A create that is late does not delay the next ones.
                time.sleep(max(0.0, began + created / given.rate - time.monotonic()))
                created += 1
                sent = time.perf_counter()
                client.post(url, content=asked.body(f"soak {created}")).raise_for_status()
                latencies.append(time.perf_counter() - sent)
            intervals.append(Interval(tuple(latencies), _sizes(mock.pid), _sizes(receiver.pid)))
            print(*_rows(intervals)[-1], file=sys.stderr)
    return intervals


def _sizes(pid: int) -> Sizes:
    """Return what the process tree holds."""
    processes = proc.tree(pid)
    descriptors, threads = (
        sum(1 for each in processes for _ in Path(f"/proc/{each}/{kind}").iterdir())
        for kind in ("fd", "task")
    )
    return Sizes(proc.memory(pid)[1], descriptors, threads)


def _rows(intervals: Sequence[Interval]) -> list[tuple[str, ...]]:
    return [
        (
            str(number * INTERVAL_S),
            str(len(one.latencies)),
            f"{median(one.latencies) * 1000:.1f}",
            f"{_p99(one.latencies) * 1000:.1f}",
            *_cells(one.mock),
            *_cells(one.sink),
        )
        for number, one in enumerate(intervals, start=1)
    ]


def _cells(sizes: Sizes) -> tuple[str, ...]:
    return f"{sizes.memory / _MIB:.0f}", str(sizes.descriptors), str(sizes.threads)


def _p99(latencies: Sequence[float]) -> float:
    return quantiles(latencies, n=100)[98]


def _comparison(intervals: Sequence[Interval]) -> list[str]:
    """Return the last quarter as a ratio of the second one, for each figure."""
    quarter = max(1, len(intervals) // 4)
    early, late = intervals[quarter : 2 * quarter] or intervals[:1], intervals[-quarter:]
    figures: dict[str, Callable[[Interval], float]] = {
        "median latency": lambda one: median(one.latencies),
        "memory of the mock": lambda one: one.mock.memory,
        "descriptors of the mock": lambda one: one.mock.descriptors,
        "threads of the mock": lambda one: one.mock.threads,
        "memory of the sink": lambda one: one.sink.memory,
        "descriptors of the sink": lambda one: one.sink.descriptors,
        "threads of the sink": lambda one: one.sink.threads,
    }
    ratios = {name: median(map(of, late)) / median(map(of, early)) for name, of in figures.items()}
    return [f"{name}, last : second quarter  {ratio:.2f}" for name, ratio in ratios.items()]


if __name__ == "__main__":
    main()
