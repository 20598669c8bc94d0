"""Receivers as processes, on free ports."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from receivers.table import Entry

HERE = Path(__file__).resolve().parent
SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSByZWNlaXZlcnMgb2YgdGVzdHM="
"""Secret of the deliveries by Standard Webhooks."""
BODY_SECRET = "secret of the receivers of tests"
"""Secret of the deliveries whose body alone is signed."""
COMPILATION_S = 120.0
"""Maximum duration of the compilation of the receiver in Java."""
END_S = 10.0
"""Seconds to wait for the end of a process."""


@dataclass(frozen=True)
class Running:
    """Running receiver."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """URL for deliveries."""
        return f"http://127.0.0.1:{self.port}/webhooks"

    @property
    def effects_url(self) -> str:
        """URL of the number of side effects, for `--observe`."""
        return f"http://127.0.0.1:{self.port}/effects"


def program(language: str) -> str | None:
    """Return the path of the program that runs a receiver, or None if it is missing."""
    if language == "python":
        return sys.executable
    return shutil.which({"node": "node", "java": "java"}[language])


def command(language: str) -> list[str]:
    """Return the command of the receiver in `language`, without options."""
    found = program(language)
    assert found is not None, f"{language} is missing"
    if language == "python":
        return [found, "-m", "receivers.python"]
    if language == "node":
        return [found, str(HERE / "node" / "receiver.js")]
    classes = compiled_java()
    source = str(HERE / "java" / "Receiver.java")
    program_arguments = [source] if classes is None else ["-cp", str(classes), "Receiver"]
    return [found, "-XX:TieredStopAtLevel=1", *program_arguments]  # the option starts it sooner


@cache
def compiled_java() -> Path | None:
    """Compile the receiver in Java once; return the folder of the classes, None without `javac`.

    Without the classes `java` compiles the source at each start, which takes a second or more.
    """
    compiler = shutil.which("javac")
    if compiler is None:
        return None
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = str(HERE / "java" / "Receiver.java")
    subprocess.run([compiler, "-d", folder, source], check=True, timeout=COMPILATION_S)
    return Path(folder)


@contextmanager
def running(
    language: str,
    *,
    mistake: str | None = None,
    difference: str | None = None,
    secret: str | None = None,
    scheme: str = "standard-webhooks",
) -> Iterator[Running]:
    """Run a receiver as a process until the end of the context.

    Without `mistake` and `difference` it is the correct one. `scheme` is `standard-webhooks` or
    `body`; without `secret` it has `SECRET` or `BODY_SECRET`.
    """
    known = {"standard-webhooks": SECRET, "body": BODY_SECRET}[scheme]
    options = ["--port", "0", "--secret", secret or known, "--scheme", scheme]
    if mistake is not None:
        options += ["--mistake", mistake]
    if difference is not None:
        options += ["--difference", difference]
    # The log is a file: a full pipe that no reader empties would block the receiver.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command(language), *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=HERE.parent,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            if not line.isdecimal():
                log.seek(0)
                raise AssertionError(f"the receiver in {language} did not start: {log.read()}")
            yield Running(int(line), process.pid)
        finally:
            process.kill()
            process.wait(END_S)
            process.stdout.close()


@contextmanager
def running_mistake(entry: Entry) -> Iterator[Running]:
    """Run the receiver with a mistake of the table."""
    with running(entry.language, mistake=entry.name) as receiver:
        yield receiver


@contextmanager
def running_difference(entry: Entry) -> Iterator[Running]:
    """Run the receiver with a difference of the table."""
    with running(entry.language, difference=entry.name) as receiver:
        yield receiver
