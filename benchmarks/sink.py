"""Benchmark of `hookproof sink` against a bare ASGI app, and of its list, short and long.

Run it where hookproof is installed, with wrk on the PATH: `python benchmarks/sink.py`. Each round
sends the same signed deliveries to both in turn, because the speed of a machine varies; the medians
are compared. The sink responds only after a delivery is on disk. It runs with its default settings,
log included, and judges all its deliveries before the next round. Then the list is requested over
few and over many stored deliveries, in turn.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import proc
from delivered import Delivered, deliver
from listed import SIZES, listed
from load import found as wrk_found
from received import Received, report
from sinks import bare, ready, settled, sink
from subjects import Running, running

from openapi.contract import Contract
from openapi.loading.loader import load_contract


def main() -> None:
    given = _options()
    if not wrk_found():
        raise SystemExit("wrk was not found (on Debian: apt-get install wrk)")
    contract = load_contract()
    with TemporaryDirectory(dir=given.directory) as name:
        directory = Path(name)
        received = _received(contract, directory, given)
        stores = {size: directory / f"{size}.db" for size in (SIZES[0], given.stored)}
        pages = listed(contract, stores, given.pages)
    print(report(received, pages, given.rounds, given.seconds, given.connections))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=5, help="duration of a round (%(default)s)")
    add("--rounds", type=int, default=5, help="rounds per subject (%(default)s)")
    add("--connections", type=int, default=32, help="concurrent connections (%(default)s)")
    add("--pages", type=int, default=50, help="pages of each kind (%(default)s)")
    add("--stored", type=int, default=SIZES[1], help="deliveries in the long list (%(default)s)")
    add("--directory", type=Path, default=Path(), help="folder on the measured disk (.)")
    return parser.parse_args()


def _received(contract: Contract, directory: Path, given: argparse.Namespace) -> list[Received]:
    """Load both subjects in turn."""
    client = httpx.Client(timeout=60, trust_env=False)
    with client, running(bare()) as one, running(sink(directory / "load.db")) as other:
        found = {server.subject.key: Received(server.subject.title) for server in (one, other)}
        answered = 0
        for server in (one, other):
            ready(client, server.port)
        for number in range(given.rounds + 1):
            for server in (one, other):
                done, cpu = _round(contract, server, given)
                judged = 0.0
                if server is other:
                    answered += done.requests
                    judged = settled(client, server.port, answered)
                if number:  # the first round warms up
                    found[server.subject.key].add(done, cpu, judged)
    return list(found.values())


def _round(
    contract: Contract, server: Running, given: argparse.Namespace
) -> tuple[Delivered, float]:
    """Return the result of wrk, and the CPU time in seconds."""
    before = proc.cpu_seconds(server.pid) if proc.KNOWN else 0
    done = deliver(contract, server.port, given.seconds, given.connections)
    if done.refused or done.lost:
        print(f"{server.subject.title}: {done.refused} deliveries were rejected, {done.lost} got "
              "no response; the figures are void", file=sys.stderr)  # fmt: skip
    return done, proc.cpu_seconds(server.pid) - before if proc.KNOWN else 0


if __name__ == "__main__":
    main()
