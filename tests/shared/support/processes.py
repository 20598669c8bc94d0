"""Processes of tests: servers on free ports, the command, and runs of `verify`."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any

from support.forked import fork_module

TESTS = Path(__file__).resolve().parents[2]
SHARED = TESTS / "shared"
DEADLINE = 30.0
"""Seconds to wait for the end of a server."""
JWT_SECRET = "a secret of the tests, long enough to sign with"
WEBHOOK_SECRET = "another secret of the tests"


class ServerProcess:
    """Process of a server, as `launched` yields it."""

    def __init__(self, process: ForkServerProcess, stdout: IO[str]) -> None:
        self._process = process
        self.stdout = stdout

    @property
    def pid(self) -> int:
        """Id of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code; a negative signal number, or None while the process runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process, unless it has ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process at once; it cannot close its files."""
        self.send_signal(signal.SIGKILL)

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._process.join(DEADLINE)
        assert self.returncode is not None, f"process {self.pid} still runs after {DEADLINE} s"


@contextmanager
def started(command: list[str], **environment: str) -> Iterator[str]:
    """Run a server as a process; yield the URL from its first line; stop it with SIGTERM."""
    with launched(command, **environment) as (url, _):
        yield url


@contextmanager
def launched(command: list[str], **environment: str) -> Iterator[tuple[str, ServerProcess]]:
    """Run a server as a process; yield its URL and the process; stop it with SIGTERM."""
    # The log is a file: a full pipe that no reader empties would block the server.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        launched_with_log(command, log, **environment) as server,
    ):
        yield server


@contextmanager
def launched_with_log(
    command: list[str], log: IO[str], **environment: str
) -> Iterator[tuple[str, ServerProcess]]:
    """Run a server as `launched` does; its stderr is written to the file `log`."""
    known = {**os.environ, **environment}
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as stdout:
        forked = fork_module(command, known, writer, log.fileno(), Path.cwd())
        os.close(writer)
        process = ServerProcess(forked, stdout)
        try:
            line = stdout.readline()
            if "listening on" not in line:
                process.kill()
                log.seek(0)
                raise AssertionError(f"{command} did not start: {log.read()}")
            yield line.partition("listening on ")[2].split()[0], process
        finally:
            process.terminate()
            process.wait()


@contextmanager
def handled(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[str]:
    """Serve with `handler` in a thread, on a free port of `host`; yield the URL."""
    server = ThreadingHTTPServer((host, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Run:
    """Result of a run of `hookproof verify`."""

    code: int
    out: str
    err: str
    report: dict[str, Any]

    @property
    def violated(self) -> set[str]:
        """Checks with a violation."""
        found = self.report["findings"]
        return {finding["check"] for finding in found if finding["severity"] == "violation"}


def hookproof(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the current folder and wait for its end."""
    return hookproof_in(Path.cwd(), *arguments, **environment)


def hookproof_in(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder` and wait for its end."""
    command = ["-m", "hookproof", *arguments]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
    ):
        known = {**os.environ, **environment}
        process = fork_module(command, known, out.fileno(), err.fileno(), folder)
        process.join(300)
        assert process.exitcode is not None, f"{command} still runs after 300 s"
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, process.exitcode, out.read(), err.read())


def verify(url: str, port: int, directory: Path, *options: str, **environment: str) -> Run:
    """Run `hookproof verify` against `url`; it receives webhooks on `port`."""
    listen = ["--webhook-listen", f"127.0.0.1:{port}", "--report-dir", str(directory)]
    known = {"HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET, **environment}
    done = hookproof("verify", url, *listen, *options, **known)
    report = json.loads((directory / "report.json").read_text(encoding="utf-8"))
    return Run(done.returncode, done.stdout, done.stderr, report)


MOCK_SECRETS = {"HOOKPROOF_JWT_SECRET": JWT_SECRET, "HOOKPROOF_WEBHOOK_SECRET": WEBHOOK_SECRET}


@contextmanager
def running_mock(port: int, *options: str) -> Iterator[str]:
    """Run the mock as a process that sends webhooks to `port`; yield its URL."""
    command = ["-m", "hookproof", "mock", "--port", "0", *options]
    webhooks = ["--webhook-url", f"http://127.0.0.1:{port}/hooks"]
    with started([*command, *webhooks], **MOCK_SECRETS) as url:
        yield url


@cache
def token(*options: str) -> str:
    """Return the output of `hookproof token` with the secret of the mock."""
    return hookproof("token", "--jwt-secret", JWT_SECRET, *options).stdout.strip()


def tokens() -> dict[str, str]:
    """Return the credentials of a run as environment variables."""
    return {
        "HOOKPROOF_TOKEN": token(),
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION": token("--scope", "license:read"),
        "HOOKPROOF_TOKEN_EXPIRED": token("--expires-in", "-60"),
    }
