"""Real documents: size, content, time to load, and what a run against a mock does not exercise.

Run it where hookproof, FastAPI and npm are installed, with the list of the tests on the path:
`PYTHONPATH=tests/shared python benchmarks/documents.py`. It prints the table of
docs/compatibility.md; `--packages FOLDER` keeps the npm packages there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import yaml
from real_documents import DOCUMENTS, RealDocument, install_packages

from openapi.complaint import summarize_errors
from openapi.contract import Contract
from openapi.loading.loader import load_contract

HOOKPROOF = (sys.executable, "-m", "hookproof")
_LOADS = 3
_HEAD = (
    "document",
    "version",
    "KiB",
    "operations",
    "webhooks",
    "load, ms",
    "not exercised, and why",
)
_OWN_LIMITS = ("hookproof ", "only valid bodies")
"""Beginnings of the reasons that are limits of hookproof, not of what the mock does."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="folder of the npm packages")
    given = parser.parse_args()
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found; it installs the packages with the documents")
    with TemporaryDirectory() as name:
        folder = Path(name)
        packages = install_packages(npm, given.packages or folder / "packages")
        _print_row(_HEAD)
        _print_row(("---", "---", "--:", "--:", "--:", "--:", "---"))
        for number, document in enumerate(DOCUMENTS):
            own = folder / str(number)
            own.mkdir()
            _print_row(_row(document, document.locate(packages, own), own))


def _print_row(cells: tuple[str, ...]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _row(document: RealDocument, path: Path, folder: Path) -> tuple[str, ...]:
    seconds = []
    for _ in range(_LOADS):
        began = time.process_time()
        contract = load_contract(path)
        seconds.append(time.process_time() - began)
    return (
        f"`{document}`",
        document.version,
        f"{path.stat().st_size / 2**10:,.0f}",
        f"{len(contract.operations):,}",
        f"{_webhooks(path):,}",
        f"{1000 * min(seconds):,.0f}",
        "; ".join(_not_exercised(document, contract, path, folder)) or "-",
    )


def _webhooks(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    stated = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return len(stated.get("webhooks", {}))


def _not_exercised(
    document: RealDocument, contract: Contract, path: Path, folder: Path
) -> Iterator[str]:
    if errors := summarize_errors(contract.complaints):
        yield f"faults of the document: {errors}"
    if not contract.operations:
        yield "no operation: a mock has nothing to serve, and a run nothing to test"
        return
    report = _judge(document, path, folder)
    if report["verdict"] != "conforms":
        yield f"the run: {report['verdict']}, {len(report['findings'])} findings"
    for kind in ("operation", "webhook", "callback"):
        parts = [one["reason"] for one in report["left_out"] if one["kind"] == kind]
        yield from _counted(kind, parts)
    causes = [one["cause"].partition(":")[0] for one in report["operations"]["undecided"]]
    yield from _counted("undecided operation", causes)
    constraints = (one for one in report["constraints"] if one["status"] == "not exercised")
    reasons = [one["reason"] for one in constraints if one["reason"].startswith(_OWN_LIMITS)]
    yield from _counted("constraint", reasons)


def _counted(noun: str, reasons: list[str]) -> Iterator[str]:
    for reason, count in Counter(reasons).most_common():
        yield f"{count:,} {noun}{'' if count == 1 else 's'}: {reason}"


def _judge(document: RealDocument, path: Path, folder: Path) -> dict[str, Any]:
    """Return the report of a run against a mock of the document."""
    home = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    options = ["--contract", str(path), "--profile", "quick", "--seed", "7", "--no-webhooks"]
    options += ["--allow-destructive"]
    if document.max_requests is not None:
        options += ["--max-requests", str(document.max_requests)]
    with _mock(path, folder, home) as (url, credentials):
        subprocess.run(
            [*HOOKPROOF, "verify", url, *options, "--report-dir", str(folder / "report")],
            cwd=folder,
            env={**home, **credentials},
            capture_output=True,
            check=False,
        )
    report: dict[str, Any] = json.loads((folder / "report" / "report.json").read_bytes())
    return report


@contextmanager
def _mock(
    path: Path, folder: Path, home: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Run a mock of the document; yield its URL, and the variables of its credentials."""
    command = [*HOOKPROOF, "mock", "--port", "0", "--contract", str(path)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().partition("listening on ")[2].strip()
        try:
            answer = httpx.get(f"{url}/_hookproof/api/token", trust_env=False).json()
            lines = "".join(f"{name}={value}\n" for name, value in answer["credentials"].items())
            yield url, {"HOOKPROOF_TOKEN": answer["token"], "HOOKPROOF_CREDENTIAL": lines}
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
