"""Benchmark of `hookproof mock` against Prism, a plain connexion app and a bare ASGI app.

Run it where hookproof is installed, with wrk on the PATH: `python benchmarks/mock.py`. Each round
loads every subject in turn, because the speed of a machine varies; the medians are compared. First
each subject is started several times, and its first response is checked against the contract.
Prism is taken from --prism, the PATH, node_modules/.bin or npx. The comparison uses Prism with its
log off, its fastest form; the table also shows it with its default log.
"""

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import proc
import yaml
from load import found as wrk_found
from measure import Plan, measured
from plain_document import plain_document
from profiled import profile
from sample import sample
from subjects import KEYS, subjects
from table import as_json, table

from openapi.loading.loader import load_contract


def main() -> None:
    given = _options()
    if not wrk_found():
        raise SystemExit(
            "wrk was not found (on Debian: apt-get install wrk); "
            "a load generator in Python would be slower than the subjects"
        )
    with TemporaryDirectory() as directory:
        _settle(directory)
        contract = load_contract()
        asked = sample(contract, _token())
        plan = Plan(given.starts, given.rounds, given.seconds, given.connections)
        document = Path(directory, "openapi.yaml")
        document.write_text(yaml.safe_dump(plain_document(contract)), encoding="utf-8")
        known = subjects(asked, document, given.prism)
        if "prism" not in {subject.key for subject in known}:
            print("Prism is left out: Node or Prism was not found", file=sys.stderr)
        if not proc.KNOWN:
            print("CPU time and memory are left out: they need Linux", file=sys.stderr)
        chosen = [subject for subject in known if not given.only or subject.key in given.only]
        found = measured(chosen, asked, plan)
        if given.profile:
            profile(known[0], asked, plan, given.profile)
    print((as_json if given.json else table)(found, plan, proc.memory(os.getpid())[0]))


def _settle(directory: str) -> None:
    """Set one secret for all subjects, and a byte code cache like that of an installed package."""
    os.environ["HOOKPROOF_JWT_SECRET"] = secrets.token_urlsafe(32)
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = directory


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--seconds", type=float, default=5, help="duration of a round (%(default)s)")
    add("--rounds", type=_count, default=5, help="rounds per subject (%(default)s)")
    add("--starts", type=_count, default=5, help="starts per subject (%(default)s)")
    add("--connections", type=_count, default=16, help="concurrent connections (%(default)s)")
    add("--only", action="append", choices=KEYS, help="measure this subject (repeatable)")
    add("--prism", metavar="PATH", help="path of the prism command")
    add("--json", action="store_true", help="print a JSON object instead of the table")
    add("--profile", type=Path, metavar="FILE", help="write a profile of the mock to FILE")
    return parser.parse_args()


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _token() -> str:
    command = [sys.executable, "-m", "hookproof", "token"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
