"""Commands on a pseudo-terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from support.processes import DEADLINE

PLAIN = ("CI", "NO_COLOR", "COLUMNS", "LINES")
"""Variables of the caller that would change the output."""


class Terminal:
    """Terminal of a running command."""

    def __init__(self, process: "subprocess.Popen[bytes]", handle: int) -> None:
        self.process = process
        self._handle = handle
        self._output = b""

    def read(self, until: str | None = None) -> str:
        """Return the output so far: up to its end, or until it contains `until`."""
        while until is None or until.encode() not in self._output:
            ready, _, _ = select.select([self._handle], [], [], DEADLINE)
            assert ready, self._output
            try:
                part = os.read(self._handle, 65536)
            except OSError:  # on Linux the end of the output
                part = b""
            if not part:
                assert until is None, self._output
                break
            self._output += part
        return self._output.decode().replace("\r\n", "\n")


@contextmanager
def on_terminal(arguments: list[str], columns: int, **environment: str) -> Iterator[Terminal]:
    """Run Python with `arguments` on a terminal of `columns`; end it with the context."""
    handle, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {name: value for name, value in os.environ.items() if name not in PLAIN}
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**variables, "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(other)
        try:
            yield Terminal(process, handle)
        finally:
            process.kill()
            process.wait()
            os.close(handle)
