"""Benchmarks: they run and print their tables; no test checks the speed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.postgres import PostgresServer

pytestmark = pytest.mark.integration

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NUMBER = r"[\d,]+(\.\d+)?"
COST = rf"({NUMBER}|-)"
"""Column that has a number on Linux only."""


def run(script: str, *options: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *options],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which makes the load, is missing")
def test_the_benchmark_of_the_mock_prints_its_table() -> None:
    once = ["--seconds", "0.2", "--rounds", "1", "--starts", "1"]
    done = run("mock.py", *once, "--only", "hookproof", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    # Requests per second, Prism (absent), p99, CPU, first 201, memory.
    row = rf"hookproof mock +{NUMBER} +- +{NUMBER} +{COST} +{NUMBER} +{COST}  credential, name"
    assert re.search(rf"^{row}$", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.count(": not measured") == 4


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which makes the load, is missing")
def test_the_benchmark_of_the_sink_prints_its_tables(tmp_path: Path) -> None:
    little = ["--seconds", "0.3", "--rounds", "1", "--pages", "1", "--stored", "2000"]
    done = run("sink.py", *little, "--directory", str(tmp_path), path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    # Deliveries per second, share of a bare function, p99, maximum, CPU, seconds until judged.
    row = rf"hookproof sink +{NUMBER} +{NUMBER} +{NUMBER} +{NUMBER} +{COST} +{NUMBER}"
    assert re.search(rf"^{row}$", done.stdout, re.MULTILINE), done.stdout
    for kind in ("first page", "of an event", "of a verdict", "of a path", "with a text"):
        assert re.search(rf"^{kind} +{NUMBER} +{NUMBER} +{NUMBER}$", done.stdout, re.MULTILINE)
    assert len(re.findall(", (met|MISSED)$", done.stdout, re.MULTILINE)) == 3


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk, which makes the load, is missing")
def test_the_benchmark_of_the_stores_prints_its_tables(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = postgres_server.new_url().partition("?")[0]
    little = ["--seconds", "0.3", "--rounds", "1", "--pages", "1", "--stored", "2000"]
    done = run("store.py", url, *little, "--directory", str(tmp_path), path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    # Deliveries per second, share of SQLite, p99, maximum, CPU time to store and to judge.
    for subject in ("SQLite, one sink", "PostgreSQL, one sink", "PostgreSQL, 3 sinks"):
        assert re.search(rf"^{subject}( +{NUMBER}){{6}}$", done.stdout, re.MULTILINE), done.stdout
    for kind in ("first page", "in the middle", "of an event", "of a verdict", "with a text"):
        assert re.search(rf"^{kind} +{NUMBER} +{NUMBER} +{NUMBER}$", done.stdout, re.MULTILINE)
    assert len(re.findall(", (met|MISSED)$", done.stdout, re.MULTILINE)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_the_benchmark_of_memory_prints_its_table() -> None:
    done = run("memory.py", "--creations", "160", "--lengths", "50", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^50 ( +-?{NUMBER}){{4}}$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="CPU times are read from /proc")
def test_the_benchmark_of_growth_prints_its_table() -> None:
    done = run("growth.py", "--sizes", "5", "10", "--largest-run", "5", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    costs = rf"( +{NUMBER}){{5}}"
    assert re.search(rf"^5 {costs} +conforms( +{NUMBER}){{4}}$", done.stdout, re.MULTILINE)
    assert re.search(rf"^10{costs}( +-){{5}}$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("script", ["mock.py", "sink.py"])
def test_a_benchmark_without_wrk_fails(tmp_path: Path, script: str) -> None:
    done = run(script, path=str(tmp_path))
    assert done.returncode == 1
    assert "wrk was not found" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="memory and descriptors are read from /proc")
def test_the_soak_prints_its_table() -> None:
    done = run("soak.py", "--minutes", "0.03", "--rate", "10", path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^30 +20( +{NUMBER}){{8}}$", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.count(", last : second quarter  1.00") == 7
    assert "20 creates, each delivered" in done.stdout


def test_the_benchmark_of_the_schemathesis_extension_prints_its_table() -> None:
    once = ["--step", "1000", "--runs", "0", "--max-examples", "1"]
    done = run("schemathesis_faults.py", *once, path=os.environ["PATH"])
    assert done.returncode == 0, done.stderr
    assert re.search(r"^name-truncated +- +found$", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^found, of 1 +0 +1$", done.stdout, re.MULTILINE), done.stdout
