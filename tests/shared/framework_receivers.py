"""Receivers of `examples/receivers/`, and mistakes in them: how to start each one."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml
from real_services import EXAMPLES, running_command
from support.processes import TESTS

from openapi.http.free_port import free_port

RECEIVERS: Final = EXAMPLES / "receivers"
CONTRACT: Final = RECEIVERS / "contract.yaml"
FRAMEWORKS_LOCK: Final = TESTS / "frameworks" / "frameworks.lock"
MISTAKES_FILE: Final = TESTS / "frameworks" / "mistakes.yaml"
SECRET: Final = "whsec_c2VjcmV0IG9mIHRoZSByZWNlaXZlcnMgb2YgdGVzdHM="
MIGRATION_TIMEOUT_S: Final = 60
Commands = Callable[[str, int], list[str]]
"""Function from program and port to the command of a receiver."""


@dataclass(frozen=True, slots=True)
class Framework:
    """Framework with an example of a receiver."""

    name: str
    main: str
    """File of the example that has the receiver."""
    command: Commands
    preparation: tuple[str, ...] = ()
    """Arguments of a command that comes before the receiver."""


def _flask(python: str, port: int) -> list[str]:
    return [python, "-m", "flask", "--app", "receiver", "run", "--port", str(port)]


def _fastapi(python: str, port: int) -> list[str]:
    return [python, "-m", "uvicorn", "receiver:app", "--port", str(port)]


def _django(python: str, port: int) -> list[str]:
    return [python, "-m", "gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}", "wsgi"]


def _express(node: str, _: int) -> list[str]:
    return [node, "receiver.js"]


FRAMEWORKS: Final[Mapping[str, Framework]] = MappingProxyType(
    {
        "flask": Framework("flask", "receiver.py", _flask),
        "fastapi": Framework("fastapi", "receiver.py", _fastapi),
        "django": Framework("django", "invoices/views.py", _django, ("manage.py", "migrate")),
        "express": Framework("express", "receiver.js", _express),
    }
)
Change = tuple[str, str]
"""Right text, and the wrong one in its place."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Mistake of `mistakes.yaml`."""

    framework: Framework
    number: int
    name: str
    file: str
    given: tuple[Change, ...]
    changes: tuple[Change, ...]
    options: tuple[str, ...]
    found: tuple[str, ...]
    """Properties that the mistake violates, all of them if the run is not limited to them."""
    said: str
    """Text in the reason of a run that could not judge."""

    def __str__(self) -> str:
        """Return the name for a test."""
        return f"{self.framework.name}-{self.number}"


def mistakes() -> list[Mistake]:
    """Return the mistakes of all frameworks."""
    stated = yaml.safe_load(MISTAKES_FILE.read_text(encoding="utf-8"))
    return [
        _mistake(FRAMEWORKS[name], number, one)
        for name, listed in stated.items()
        for number, one in enumerate(listed, start=1)
    ]


def _mistake(framework: Framework, number: int, stated: dict[str, Any]) -> Mistake:
    known = {"name", "file", "given", "changes", "options", "only", "found", "said"}
    assert set(stated) <= known, f"{framework.name}: {set(stated) - known}"
    found = tuple(stated.get("found", []))
    only = [part for name in found for part in ("--only", name)] if stated.get("only") else []
    return Mistake(
        framework,
        number,
        stated["name"],
        stated.get("file", framework.main),
        _changes(stated.get("given", [])),
        _changes(stated["changes"]),
        (*only, *stated.get("options", [])),
        found,
        stated.get("said", ""),
    )


def _changes(stated: list[dict[str, str]]) -> tuple[Change, ...]:
    return tuple((one["right"], one["wrong"]) for one in stated)


def changed(text: str, changes: tuple[Change, ...]) -> str:
    """Return a source with the wrong texts; each right one must occur once."""
    for right, wrong in changes:
        assert text.count(right) == 1, f"{right!r} occurs {text.count(right)} times"
        text = text.replace(right, wrong)
    return text


@contextmanager
def running_receiver(
    framework: Framework,
    program: str,
    folder: Path,
    *,
    modules: Path | None = None,
    file: str = "",
    changes: tuple[Change, ...] = (),
) -> Iterator[str]:
    """Run a copy of the example in `folder`, with changes of `file`; yield its URL.

    `modules` is the folder of the npm packages.
    """
    copy = folder / framework.name
    shutil.copytree(RECEIVERS / framework.name, copy)
    if changes:
        source = copy / file
        text = changed(source.read_text(encoding="utf-8"), changes)
        source.write_text(text, encoding="utf-8")
    port = free_port()
    environment = {
        "WEBHOOK_SECRET": SECRET,
        "DATABASE": str(folder / "receiver.sqlite"),
        "PORT": str(port),
        "NODE_PATH": str(modules or ""),
        "NODE_ENV": "development",
    }
    if framework.preparation:
        _prepare([program, *framework.preparation], copy, environment)
    command = framework.command(program, port)
    url = f"http://127.0.0.1:{port}"
    with running_command(command, url, "/effects", folder=copy, environment=environment):
        yield url


def _prepare(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=MIGRATION_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
