"""Signals: SIGINT and SIGTERM end a run with its reports, and an import with one line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.processes import WEBHOOK_SECRET, running_mock, tokens, verify

from hookproof.reports.writer import REPORT_NAMES

pytestmark = pytest.mark.integration

SIGNALS = [signal.SIGINT, signal.SIGTERM]
BLOCKING_MODULE = """
import sys
print("importing", flush=True)
sys.stdin.read()
"""


def started(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hookproof", *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", SIGNALS, ids=str)
@pytest.mark.parametrize("module", ["click", "httpx", "yaml"])
def test_a_signal_during_an_import_prints_one_line(
    module: str, number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(BLOCKING_MODULE, encoding="utf-8")
    path = os.pathsep.join((str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])))
    process = started("verify", "http://127.0.0.1:1", PYTHONPATH=path)
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "hookproof: interrupted\n")


@pytest.mark.parametrize("number", SIGNALS, ids=str)
@pytest.mark.parametrize("moment", ["type confusion", "waiting for webhooks", "listening"])
def test_a_signal_ends_the_run_with_its_reports(
    moment: str, number: signal.Signals, port: int, tmp_path: Path
) -> None:
    for name in (*REPORT_NAMES, "notes.txt"):
        (tmp_path / name).write_text("of an earlier run", encoding="utf-8")
    options = ["--profile", "quick", "--webhook-listen", f"127.0.0.1:{port}"]
    with running_mock(port) as url:
        process = started(
            *("verify", url, *options, "--report-dir", str(tmp_path)),
            **tokens(),
            HOOKPROOF_WEBHOOK_SECRET=WEBHOOK_SECRET,
        )
        assert process.stderr is not None
        assert any(moment in line for line in process.stderr)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "the run was interrupted" in out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["exit_code"], report["verdict"]) == (130, "not-judged")
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "of an earlier run"
    assert all(
        (tmp_path / name).read_text(encoding="utf-8") != "of an earlier run"
        for name in REPORT_NAMES
    )


def test_no_report_of_an_earlier_run_outlives_a_killed_run(port: int, tmp_path: Path) -> None:
    with running_mock(port) as url:
        assert verify(url, port, tmp_path, "--profile", "quick", **tokens()).code == 0
        options = ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(tmp_path)]
        process = started(
            *("verify", url, *options), **tokens(), HOOKPROOF_WEBHOOK_SECRET=WEBHOOK_SECRET
        )
        assert process.stderr is not None
        assert any("listening" in line for line in process.stderr)
        process.kill()
        process.communicate(timeout=60)
    assert not any((tmp_path / name).exists() for name in REPORT_NAMES)
