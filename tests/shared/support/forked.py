"""Python modules run as processes that are forked from a server with their imports done.

A new interpreter needs one to two seconds of processor time for the imports of `hookproof`. The
server of `multiprocessing` does them once for each worker of pytest. Otherwise a forked process is
like one of `python -m`, with a separate pid, arguments, environment, folder, files and signals.
"""

import gc
import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from io import FileIO, TextIOWrapper
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = [
    "hookproof.commands.info",
    "hookproof.commands.mock",
    "hookproof.commands.sink",
    "hookproof.commands.verify",
    "contracts.run",
    "contracts.fixtures",
    "schemathesis.specs.openapi.schemas",
    "schemathesis.specs.openapi.coverage",
    "anyio._backends._asyncio",
    "httpcore",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.lifespan.on",
]
"""Modules that the server imports: those of the commands which tests start most often."""


@cache
def fork_context() -> ForkServerContext:
    """Return the context of the server, which is started with its first process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def fork_module(
    command: Sequence[str],
    environment: Mapping[str, str],
    out: int,
    err: int,
    folder: Path,
) -> ForkServerProcess:
    """Start `command` (`-m`, a module, its arguments) in `folder`.

    `out` and `err` are the file descriptors of its stdout and stderr.
    """
    option, module, *arguments = command
    assert option == "-m"
    files = [Connection(os.dup(file), readable=False) for file in (out, err)]
    given = ([module, *arguments], dict(environment), str(folder), files)
    process = fork_context().Process(target=_run_module, args=given)
    process.start()
    return process


def _run_module(
    command: list[str], environment: dict[str, str], folder: str, files: list[Connection]
) -> None:
    gc.freeze()  # no collection walks through what the server imported
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files, start=1):
        os.dup2(file.fileno(), number)
        file.close()
    sys.stdout, sys.stderr = (
        TextIOWrapper(FileIO(number, "w", closefd=False), "utf-8", line_buffering=number == 2)
        for number in (1, 2)
    )
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
