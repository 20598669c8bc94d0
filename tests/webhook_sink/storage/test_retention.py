"""Retention: the oldest deliveries beyond a limit are removed and reported."""

import re
from pathlib import Path

import httpx
import pytest
from support.processes import hookproof, launched_with_log
from support.sink import StartSink

pytestmark = pytest.mark.integration

DEADLINE = 20.0


def test_removal_of_the_oldest_is_shown_in_log_list_and_stream(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = ["-m", "hookproof", "sink", "--port", "0", "--keep-count", "3"]
    with log.open("w") as stderr, launched_with_log(command, stderr) as (url, _):
        api = f"{url}/_hookproof/api/deliveries"
        with httpx.stream("GET", f"{api}/stream", timeout=DEADLINE) as stream:
            for number in range(10):
                httpx.post(f"{url}/{number}", content=b"{}")
            told = "event: reload" in stream.iter_lines()
            while httpx.get(api).json()["total"] > 3:
                pass  # the pruner runs every second
        listed = httpx.get(api).json()
    assert told
    assert [delivery["id"] for delivery in listed["deliveries"]] == [8, 9, 10]
    assert (listed["total"], listed["removed"], listed["paths"]) == (3, 7, ["/7", "/8", "/9"])
    gone = re.findall("removed the ([0-9]+) oldest deliveries, limit 3 deliveries", log.read_text())
    assert sum(map(int, gone)) == 7


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--keep-count", "0"),
        ("--keep-age", "5"),
        ("--keep-age", "0s"),
        ("--keep-age", "1.5h"),
        ("--keep-size", "100"),
        ("--keep-size", "-1MB"),
        ("--max-body-size", "0KiB"),
    ],
)
def test_rejects_an_invalid_limit(option: str, value: str) -> None:
    done = hookproof("sink", f"{option}={value}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert option in done.stderr
    assert repr(value) in done.stderr


def test_a_larger_body_is_truncated_and_gets_a_413(start: StartSink) -> None:
    with start(max_body_bytes=10) as client:
        assert client.post(b"x" * 11) == 413
        assert client.post(b"x" * 10) == 200
        first, second = client.api("api/deliveries").json()["deliveries"]
    assert (first["truncated"], first["size"], first["status"]) == (True, 10, 413)
    assert (second["truncated"], second["size"]) == (False, 10)
