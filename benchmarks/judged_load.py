"""Load with the contract judged: how fast it is, and whether it finds faults of few events.

Run it where hookproof and Locust are installed, with PYTHONPATH=tests/shared. First wrk measures
how many creates a second the mock answers alone, then `hookproof load` with two worker processes
how many it sends and judges, without webhooks and with them. Then it repeats loads on a conforming
service, and on services of which a relay loses, doubles or breaks few events.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from load import found as wrk_found
from load import load as wrk_load
from sample import sample
from subjects import Running, Subject, first_answer, running
from table import machine, rows_of, text

from mock_server.settings import DEVELOPMENT_WEBHOOK_SECRET
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.http.free_port import free_port
from openapi.loading.builder import required_permissions
from openapi.loading.loader import load_contract

CONNECTIONS = 16
FAULTS = {
    "conforms": ((), None),
    "one in 1000 lost": (("--lose", "1000"), "webhook-sent"),
    "one in 500 doubled": (("--double", "500"), "webhook-redelivery"),
    "one in 200 without its id": (("--break", "200"), "webhook-schema"),
}
"""Name -> options of the relay, and the check that must find it; None: nothing may be found."""
_HEAD = ("", "runs", "right", "creates", "events/s", "first wrong run")


@dataclass(frozen=True)
class Outcome:
    """Outcome of one load."""

    checks: frozenset[str]
    """Checks with a violation."""
    requests: int
    delivered: int
    seconds: float
    """Duration of the load itself."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="duration of each load (30)")
    parser.add_argument(
        "--runs", type=int, default=20, help="loads of each kind; 0: only the speed (20)"
    )
    parser.add_argument("--users", type=int, default=CONNECTIONS, help="users of a load (16)")
    parser.add_argument("--kind", action="append", choices=FAULTS, help="only this kind of service")
    parser.add_argument("--no-speed", action="store_true", help="do not measure the speed")
    given = parser.parse_args()
    if not (given.no_speed or wrk_found()):
        raise SystemExit("wrk was not found: install it (Debian: apt-get install wrk)")
    contract = load_contract()
    token = mint(DEVELOPMENT_SECRET, required_permissions(contract.operations), None)
    with TemporaryDirectory() as name:
        if not given.no_speed:
            print("\n".join(_speed(token, given.seconds, given.users, Path(name))), flush=True)
        if not given.runs:
            return
        rows = [_HEAD]
        for kind in given.kind or FAULTS:
            rows.append(_row(kind, token, given, Path(name)))
            print("\n".join(rows_of(rows)), file=sys.stderr, flush=True)
    print("\n".join(rows_of(rows)))
    print(f"\n{machine(f'loads of {given.seconds} s, {given.users} users, 2 worker processes')}")


def _speed(token: str, seconds: int, users: int, folder: Path) -> list[str]:
    contract = load_contract()
    asked = sample(contract, token)
    with running(_mock()) as mock:
        first_answer(mock, asked)
        alone = wrk_load(asked, mock.port, min(seconds, 10), CONNECTIONS)
        bare = _load(mock, token, seconds, users, folder, None)
    port = free_port()
    with running(_mock(f"http://127.0.0.1:{port}/")) as mock:
        first_answer(mock, asked)
        judged = _load(mock, token, seconds, users, folder, port)
    limit = alone.requests / alone.microseconds * 1_000_000
    rows = [("", "creates/s", ": wrk")]
    rows.append(("wrk, mock without webhooks", text(limit, 0), text(1.0, 2)))
    for title, one in (("hookproof load, no webhooks", bare), ("with webhooks", judged)):
        speed = one.requests / one.seconds
        rows.append((title, text(speed, 0), text(speed / limit, 2)))
    return [*rows_of(rows), ""]


def _row(
    kind: str, token: str, given: argparse.Namespace, folder: Path
) -> tuple[str, str, str, str, str, str]:
    options, check = FAULTS[kind]
    expected = frozenset(() if check is None else (check,))
    outcomes = []
    for _ in range(given.runs):
        port = free_port()
        with _service(options, port) as mock:
            outcomes.append(_load(mock, token, given.seconds, given.users, folder, port))
    right = [one for one in outcomes if one.checks == expected]
    wrong = next(
        (", ".join(sorted(o.checks)) or "nothing" for o in outcomes if o not in right), "-"
    )
    creates = sorted(one.requests for one in outcomes)
    speed = sum(o.delivered for o in outcomes) / sum(o.seconds for o in outcomes)
    spread = f"{creates[0]:,} to {creates[-1]:,}"
    return kind, str(given.runs), str(len(right)), spread, text(speed, 0), wrong


def _mock(receiver: str = "") -> Subject:
    hooks = ("--webhook-url", receiver) if receiver else ()
    command = (sys.executable, "-m", "hookproof", "mock", "--port", "PORT", *hooks)
    return Subject("mock", "hookproof mock", command, True)


@contextmanager
def _service(options: Sequence[str], sink_port: int) -> Iterator[Running]:
    """Run a mock whose webhooks reach the sink, through a relay if it has options."""
    target = f"http://127.0.0.1:{sink_port}"
    asked = sample(load_contract(), "")
    with ExitStack() as stack:
        if options:
            secret = ("--secret", DEVELOPMENT_WEBHOOK_SECRET)
            command = (sys.executable, "-m", "relay", target, *secret, "--port", "PORT", *options)
            relay = stack.enter_context(running(Subject("relay", "relay", command, False)))
            target = f"http://127.0.0.1:{relay.port}"
        mock = stack.enter_context(running(_mock(f"{target}/")))
        first_answer(mock, asked)
        yield mock


def _load(
    mock: Running, token: str, seconds: int, users: int, folder: Path, port: int | None
) -> Outcome:
    """Run `hookproof load` with two worker processes; without a port it judges no webhooks."""
    command = [sys.executable, "-m", "hookproof", "load", f"http://127.0.0.1:{mock.port}"]
    command += ["--headless", "--only-summary", "--processes", "2", "--report-dir", str(folder)]
    command += ["--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]
    command += ["--master-bind-port", str(free_port())]
    command += ["--no-webhooks"] if port is None else ["--webhook-listen", f"127.0.0.1:{port}"]
    secrets = {
        "HOOKPROOF_TOKEN": token,
        "HOOKPROOF_WEBHOOK_SECRET": DEVELOPMENT_WEBHOOK_SECRET,
    }
    done = subprocess.run(
        command, env={**os.environ, **secrets}, capture_output=True, text=True, check=False
    )
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if report["verdict"] == "not-judged":
        raise SystemExit(f"a load was not judged: {report['reason']}\n{done.stderr}")
    checks = frozenset(f["check"] for f in report["findings"] if f["severity"] == "violation")
    return Outcome(checks, report["requests"], report["webhooks"]["delivered"], seconds)


if __name__ == "__main__":
    main()
