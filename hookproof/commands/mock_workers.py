"""Workers of one mock: processes that uvicorn starts and restarts."""

import multiprocessing
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from hookproof.contract_loading import ContractFiles, load_contract_silently
from hookproof.errors import EXIT_ERROR
from hookproof.serving.foreground import tune_gc
from hookproof.serving.ready_file import Announce
from mock_server.app import create_app
from mock_server.runtime import Worker
from mock_server.settings import Settings
from mock_server.storage.worker_signals import SLOT_COUNT

_MAX_STARTS = 1000
"""Maximum of processes that one mock can start; each has its own range of numbers."""
_START_TIMEOUT_S = 60.0
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class MockFactory:
    """Factory of the application in a worker process."""

    files: ContractFiles
    settings: Settings
    logs: Callable[[], None]
    worker: Worker
    started: "Synchronized[int]"
    """Number of processes started so far."""

    def __call__(self) -> ASGIApp:
        """Return the application. From now on the process ends when its parent ends."""
        _exit_with_parent(multiprocessing.parent_process())
        self.logs()
        with self.started.get_lock():
            index = self.started.value
            self.started.value += 1
        worker = replace(self.worker, share=(index % _MAX_STARTS, _MAX_STARTS))
        app = create_app(
            load_contract_silently(self.files),
            self.settings,
            worker,
            self.files.watched,
            self.files.overlays,
        )
        tune_gc()
        return app


def _exit_with_parent(parent: BaseProcess | None) -> None:
    """End this process when `parent` ends, even by SIGKILL: otherwise the port stays in use."""

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def shared_mock(
    files: ContractFiles, settings: Settings, logs: Callable[[], None]
) -> Iterator[MockFactory]:
    """Yield the factory for all workers; their shared state exists until the block ends."""
    with TemporaryDirectory(prefix="hookproof-mock-") as directory:
        state = Path(directory, "state.sqlite3")
        worker = Worker(state=state, shared=_SPAWN.RawArray("q", SLOT_COUNT))
        yield MockFactory(files, settings, logs, worker, _SPAWN.Value("i", 0))


class AnnouncingSupervisor(Multiprocess):
    """Supervisor of uvicorn that announces when all processes accept requests."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, announce: Announce) -> None:
        """Call `announce` as soon as every process accepts requests."""
        super().__init__(config, sockets=[listener])
        self._announce = announce
        self.served = False
        """Whether all processes accepted requests."""

    def init_processes(self) -> None:
        """Start the processes and wait until they accept requests."""
        super().init_processes()
        if all(p.wait_until_ready(_START_TIMEOUT_S, self.should_exit) for p in self.processes):
            self.served = True
            self._announce()
        else:
            self.should_exit.set()

    def keep_subprocess_alive(self) -> None:
        """Replace processes that have ended, and wait until the new ones accept requests.

        Otherwise, on a busy machine, uvicorn would end each new process that needs more than five
        seconds for its imports, and never come to an end.
        """
        before = list(self.processes)
        super().keep_subprocess_alive()
        for process in self.processes:
            if process not in before:
                process.wait_until_ready(_START_TIMEOUT_S, self.should_exit)


def supervise(config: uvicorn.Config, listener: socket.socket, announce: Announce) -> int:
    """Serve with several processes until a signal; `announce` once all accept requests."""
    workers = AnnouncingSupervisor(config, listener, announce)
    workers.run()
    return 0 if workers.served else EXIT_ERROR
