"""Ctrl-C and SIGTERM: during an import one line, in a run an exception. Light to import."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hookproof.errors import EXIT_INTERRUPTED


@contextmanager
def interrupts_end_the_process() -> Iterator[None]:
    """Until the end of the context, SIGINT and SIGTERM print one line and exit with 130.

    There is nothing to clean up yet, and an exception in an import may be swallowed or garbled.
    Does nothing outside the main thread, where no handler can be set.
    """
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, _end)
    except ValueError:
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(_number: int, _frame: object) -> None:
    os.write(2, b"hookproof: interrupted\n")
    os._exit(EXIT_INTERRUPTED)


@dataclass
class Interrupts:
    """Signals that end the run. They are recorded, because a callback may swallow the exception."""

    happened: bool = False
    run_is_over: bool = False
    """From then on signals are ignored, so that the reports are complete."""

    def handle(self, _number: int, _frame: object) -> None:
        """Handle a signal: raise `KeyboardInterrupt` while the run lasts."""
        if not self.run_is_over:
            self.happened = True
            raise KeyboardInterrupt


@contextmanager
def record_interrupts() -> Iterator[Interrupts]:
    """Handle SIGINT (Ctrl-C) and SIGTERM alike until the end of the context."""
    interrupts = Interrupts()
    before = {
        number: signal.signal(number, interrupts.handle)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
