"""Benchmark of the sink's stores: an SQLite file, and a PostgreSQL database with one or more sinks.

Run it where hookproof[postgres] is installed, with wrk on the PATH and a database that it may fill:
`python benchmarks/store.py postgresql://USER@HOST/DATABASE`. It creates the schemas bench_* and
removes them at its end. Each round sends the same signed deliveries to all subjects in turn,
because the speed of a machine varies. A sink responds only after a delivery is durable. Then the
list of a sink is requested over few and over many deliveries in the database, in turn; its index
has a verdict for each from the start (`judged_sink.py`).
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import proc
import psycopg
from delivered import Delivered, deliver
from figures import Target
from listed import SIZES, listed
from load import found as wrk_found
from received import lines_of_pages, target_of_pages
from sinks import ready, settled, sink
from subjects import Running, running
from table import machine, rows_of, said, text

from openapi.contract import Contract
from openapi.loading.loader import load_contract

_SINKS = 3


def main() -> None:
    given = _options()
    if not wrk_found():
        raise SystemExit("wrk was not found (on Debian: apt-get install wrk)")
    contract = load_contract()
    lines = []
    with TemporaryDirectory(dir=given.directory) as name, _schemas(given.url) as schema:
        stores = {
            "SQLite, one sink": [str(Path(name, "load.db"))],
            "PostgreSQL, one sink": [schema("one")],
            f"PostgreSQL, {_SINKS} sinks": [schema("several")] * _SINKS,
        }
        lines += _load_table(contract, stores, given)
    with _schemas(given.url) as schema:
        sizes = (SIZES[0], given.stored)
        pages = listed(contract, {n: schema(str(n)) for n in sizes}, given.pages, long=True)
        target: Target = target_of_pages(pages)
        lines += ["", *lines_of_pages(pages), "", said(target)]
    load = f"{given.rounds} rounds of {given.seconds:g} s, {given.connections} connections"
    print("\n".join([*lines, "", machine(f"{load}, bodies of 2 KiB")]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("url", help="database, such as postgresql://USER@HOST/DATABASE")
    add("--seconds", type=float, default=5, help="duration of a round (%(default)s)")
    add("--rounds", type=int, default=5, help="rounds per subject (%(default)s)")
    add("--connections", type=int, default=48, help="concurrent connections (%(default)s)")
    add("--pages", type=int, default=50, help="pages of each kind (%(default)s)")
    add("--stored", type=int, default=1_000_000, help="deliveries in the long list (%(default)s)")
    add("--directory", type=Path, default=Path(), help="folder on the measured disk (.)")
    return parser.parse_args()


@dataclass(frozen=True)
class _Round:
    """Result of one load on all sinks of a subject."""

    loads: Sequence[Delivered]
    stored_s: float
    """CPU time of the sinks during the load."""
    judged_s: float
    """CPU time of the sinks from then until each has judged all deliveries."""

    @property
    def deliveries(self) -> int:
        """Deliveries that got a reply."""
        return sum(one.requests for one in self.loads)

    @property
    def per_second(self) -> float:
        """Deliveries with a reply per second, of all sinks."""
        return sum(one.per_second for one in self.loads)


class _Schemas:
    """Names of schemas, and the URL of each."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.names: list[str] = []

    def __call__(self, name: str) -> str:
        """Return the URL of a new schema."""
        self.names.append(f"bench_{name}")
        mark = "&" if "?" in self._url else "?"
        return f"{self._url}{mark}options=-csearch_path%3Dbench_{name}"


@contextmanager
def _schemas(url: str) -> Iterator[_Schemas]:
    """Yield a function that names schemas; remove the schemas at the end."""
    schemas = _Schemas(url)
    try:
        yield schemas
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            for name in schemas.names:
                connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE".encode())


def _load_table(
    contract: Contract, stores: dict[str, list[str]], given: argparse.Namespace
) -> list[str]:
    """Load the sinks of each of `stores` in turn; return the table."""
    rounds: dict[str, list[_Round]] = {title: [] for title in stores}
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        servers: dict[str, list[Running]] = {title: [] for title in stores}
        for title, locations in stores.items():
            for location in locations:
                servers[title].append(stack.enter_context(running(sink(location))))
                ready(client, servers[title][-1].port)
        stored = dict.fromkeys(stores, 0)
        for number in range(given.rounds + 1):
            for title in stores:
                before = _cpu(servers[title])
                done = _loads(contract, servers[title], given)
                loaded = _cpu(servers[title])
                stored[title] += sum(one.requests for one in done)
                for server in servers[title]:
                    settled(client, server.port, stored[title])
                if number:  # the first round warms up
                    judged = _cpu(servers[title]) - loaded
                    rounds[title].append(_Round(done, loaded - before, judged))
    return _table(rounds)


def _cpu(servers: Sequence[Running]) -> float:
    """Return the CPU seconds of the sinks so far; that of a database is not in it."""
    return sum(proc.cpu_seconds(server.pid) for server in servers)


def _loads(
    contract: Contract, servers: Sequence[Running], given: argparse.Namespace
) -> list[Delivered]:
    """Load all `servers` at once; they share the connections."""
    share = given.connections // len(servers)
    with ThreadPoolExecutor(len(servers)) as pool:
        loads = [
            pool.submit(deliver, contract, server.port, given.seconds, share) for server in servers
        ]
        done = [load.result() for load in loads]
    if any(one.refused or one.lost for one in done):
        print("deliveries were rejected or got no response; the figures are void", file=sys.stderr)
    return done


def _table(rounds: dict[str, list[_Round]]) -> list[str]:
    first = median(done.per_second for done in next(iter(rounds.values())))
    rows = [("", "durable deliveries/s", ": SQLite", "p99 ms", "slowest ms", "CPU us", "judge us")]
    for title, loads in rounds.items():
        rate = median(done.per_second for done in loads)
        rows.append(
            (
                title,
                text(rate, 0),
                text(rate / first, 2),
                text(median(max(one.p99 for one in done.loads) for done in loads) / 1000, 1),
                text(max(one.slowest for done in loads for one in done.loads) / 1000, 0),
                text(median(done.stored_s / done.deliveries for done in loads) * 1e6, 0),
                text(median(done.judged_s / done.deliveries for done in loads) * 1e6, 0),
            )
        )
    return rows_of(rows)


if __name__ == "__main__":
    main()
