"""`hookproof demo`: mock, sink and harness on free ports, without a fault and then with one.

Two receivers of webhooks follow: a right one, and one with a mistake.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from hookproof.commands.demo_receivers import (
    judge_receiver,
    verifies_raw_bytes,
    verifies_written_json,
)
from hookproof.errors import CommandError
from openapi.http.free_port import free_port
from openapi.loading.loader import load_contract

DEMO_FAULT = "name-truncated"


def run_demo() -> int:
    """Run all rounds; return 0 if the first of each kind conforms and the second has a finding."""
    keys = {
        "HOOKPROOF_JWT_SECRET": secrets.token_urlsafe(32),
        "HOOKPROOF_WEBHOOK_SECRET": secrets.token_urlsafe(32),
    }
    print("1. Mock, sink and harness with one contract: the run conforms.\n", flush=True)
    conforms = _run_round(keys, None)
    print(f"\n2. The mock with the fault {DEMO_FAULT}: the run has a finding.\n", flush=True)
    deviates = _run_round(keys, DEMO_FAULT)
    _check_codes(conforms, deviates)
    contract, secret = load_contract(), keys["HOOKPROOF_WEBHOOK_SECRET"]
    print("\n3. A receiver that verifies the signature of the bytes that arrived: it conforms.\n")
    accepted = judge_receiver(contract, secret, verifies_raw_bytes)
    print("\n4. A receiver that parses the JSON, writes it again and verifies that: findings.\n")
    _check_codes(accepted, judge_receiver(contract, secret, verifies_written_json))
    print("\nDone: exit code 0 for what conforms, 1 with a fault: of a service and of a receiver.")
    return 0


def _check_codes(conforms: int, deviates: int) -> None:
    if (conforms, deviates) != (0, 1):
        raise CommandError(f"the demo failed: exit codes {conforms} and {deviates}, not 0 and 1")


def _run_round(keys: dict[str, str], fault: str | None) -> int:
    port = free_port()
    environment = {**os.environ, **keys}
    with tempfile.TemporaryDirectory(prefix="hookproof-demo-") as directory:
        faults = ["--fault", fault] if fault else []
        receiver = f"http://127.0.0.1:{port}/webhooks"
        with mock(["--webhook-url", receiver, *faults], environment) as url:
            tokens = {
                "HOOKPROOF_TOKEN": _token([], environment),
                "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": _token(
                    ["--scope", "license:read"], environment
                ),
                "HOOKPROOF_TOKEN_EXPIRED": _token(["--expires-in", "-60"], environment),
            }
            command = ["verify", url, "--profile", "quick"]
            command += ["--webhook-listen", f"127.0.0.1:{port}"]
            command += ["--webhook-deadline", "3", "--report-dir", directory, "--no-saved-cases"]
            command += ["--allow-destructive"]
            print(f"$ hookproof mock --webhook-url {receiver} {' '.join(faults)}".rstrip())
            print(f"$ hookproof {' '.join(command[:6])}", flush=True)
            return subprocess.run(
                _command_line(command), env={**environment, **tokens}, check=False
            ).returncode


@contextmanager
def mock(options: list[str], environment: dict[str, str]) -> Iterator[str]:
    """Run the mock as a process on a free port; yield its URL."""
    process = subprocess.Popen(
        _command_line(["mock", "--port", "0", *options]),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if "listening on" not in line:
            raise CommandError("the mock did not start: run hookproof mock to see the error")
        yield line.rpartition("listening on ")[2].strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _token(options: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        _command_line(["token", *options]),
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _command_line(arguments: list[str]) -> list[str]:
    command, *options = arguments
    # The configuration of the caller must not change the demo.
    alone = ["--config", os.devnull] if command in ("mock", "verify") else []
    return [sys.executable, "-m", "hookproof", command, *alone, *options]
