"""Subjects of the benchmark: command and claimed checks of each server."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sample import Sample

from openapi.loading.loader import default_contract_path

HERE = Path(__file__).parent
KEYS = ("hookproof", "hookproof-2", "prism", "prism-silent", "connexion", "bare")
START_SECONDS = 60
"""Maximum time to the first response."""


@dataclass(frozen=True)
class Subject:
    """Server that can be started."""

    key: str
    title: str
    command: tuple[str, ...]
    """Command line; `PORT` is replaced by the port to listen on."""
    checks: bool
    """Whether it claims to verify credentials and to reject duplicate names."""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """Running subject."""

    subject: Subject
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Id of the first process."""
        return self.process.pid


def subjects(sample: Sample, document: Path, prism: str | None) -> list[Subject]:
    """Return the subjects that can be started here; only Prism may be missing."""
    mock = (sys.executable, "-m", "hookproof", "mock", "--port", "PORT")
    plain = {"BENCHMARK_DOCUMENT": str(document)}
    bare = {"BENCHMARK_ANSWER": sample.answer()}
    return [
        Subject("hookproof", "hookproof mock", mock, True),
        Subject("hookproof-2", "hookproof mock --workers 2", (*mock, "--workers", "2"), True),
        *_prisms(prism),
        Subject("connexion", "plain connexion app", server_of("plain_app:app"), True, plain),
        Subject("bare", "bare ASGI function", server_of("bare_app:app"), False, bare),
    ]


def server_of(app: str) -> tuple[str, ...]:
    """Return the command that serves an app of this folder."""
    options = ["--no-access-log", "--log-level", "warning", "--loop", "uvloop"]
    options += ["--http", "httptools", "--port", "PORT"]
    return (sys.executable, "-m", "uvicorn", "--app-dir", str(HERE), *options, app)


def _prisms(given: str | None) -> list[Subject]:
    """Return Prism with and without its log; empty if it is not installed.

    Prism logs some lines for each request, here to /dev/null; the mock logs none.
    """
    found = _prism(given)
    if not found:
        return []
    command = (*found, "mock", str(default_contract_path()), "--port", "PORT")
    silent = (*command, "--verboseLevel", "silent")
    return [
        Subject("prism", "Prism", command, False),
        Subject("prism-silent", "Prism, its log off", silent, False),
    ]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _prism(given: str | None) -> tuple[str, ...]:
    """Return the command of Prism; empty if it is not installed."""
    here = shutil.which("prism", path=str(Path("node_modules", ".bin").resolve()))
    path = given or shutil.which("prism") or here
    if path:
        return (path,) if shutil.which("node") and shutil.which(path) else ()
    npx = ("npx", "--no-install", "prism")
    return npx if shutil.which("npx") and _output(*npx, "--version") else ()


@contextmanager
def running(subject: Subject) -> Iterator[Running]:
    """Start the subject on a free port, without waiting for it, and stop it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    command = [str(port) if word == "PORT" else word for word in subject.command]
    process = subprocess.Popen(
        command,
        env={**os.environ, **subject.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield Running(subject, port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def first_answer(server: Running, sample: Sample) -> tuple[int, bytes]:
    """Send the request until there is a response; return its status and body."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return sample.ask(server.port, "the first one")
        except ConnectionError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{server.subject.title} does not respond") from None
            time.sleep(0.002)
