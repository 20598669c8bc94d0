"""Ctrl-C and SIGTERM during an import: one line instead of a traceback. Light to import."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

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
