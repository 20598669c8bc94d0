"""Peak memory of a command: `python peak_memory.py FILE COMMAND...`.

A small process between, because `ru_maxrss` survives fork and exec: a command that a large process
starts would begin with the peak of that one.
"""

import os
import sys
from pathlib import Path


def measured(file: Path, command: list[str]) -> list[str]:
    """Return the command that runs `command` and writes its peak of resident KiB to `file`."""
    return [sys.executable, __file__, str(file), *command]


def main() -> int:
    file, *command = sys.argv[1:]
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    Path(file).write_text(str(usage.ru_maxrss), encoding="ascii")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
