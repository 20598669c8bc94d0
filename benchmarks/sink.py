"""`hookproof sink` beside a bare ASGI function, in one run; and its list, short and long.

Run it where hookproof is installed, with wrk on the PATH: `python benchmarks/sink.py`. Both get the
same signed deliveries in turn, round after round, because the speed of a machine varies; medians
are compared. A delivery counts when it was answered, and it is answered when it is on the disk. The
sink runs as it comes, log and all; before the other has its turn, it has judged what came. Then the
list is asked for over few and over many stored deliveries, in turn.
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
        pages = listed(contract, directory, given.pages, (SIZES[0], given.stored))
    print(report(received, pages, given.rounds, given.seconds, given.connections))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=5, help="of load in each round (%(default)s)")
    add("--rounds", type=int, default=5, help="of load for each (%(default)s)")
    add("--connections", type=int, default=32, help="at a time (%(default)s)")
    add("--pages", type=int, default=50, help="of each kind (%(default)s)")
    add("--stored", type=int, default=SIZES[1], help="deliveries in the long list (%(default)s)")
    add("--directory", type=Path, default=Path(), help="on the disk to be measured (here)")
    return parser.parse_args()


def _received(contract: Contract, directory: Path, given: argparse.Namespace) -> list[Received]:
    """Load both in turn."""
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
                if number:  # the first is for warming up
                    found[server.subject.key].add(done, cpu, judged)
    return list(found.values())


def _round(
    contract: Contract, server: Running, given: argparse.Namespace
) -> tuple[Delivered, float]:
    """Return what was counted, and the seconds of processor time that it took."""
    before = proc.cpu_seconds(server.pid) if proc.KNOWN else 0
    done = deliver(contract, server.port, given.seconds, given.connections)
    if done.refused or done.lost:
        print(f"{server.subject.title}: {done.refused} deliveries were refused, {done.lost} had "
              "no answer; the figures are void", file=sys.stderr)  # fmt: skip
    return done, proc.cpu_seconds(server.pid) - before if proc.KNOWN else 0


if __name__ == "__main__":
    main()
