"""Whether a path still leads to the file that is open: what is written elsewhere is lost."""

import os
from pathlib import Path


class InPlace:
    """The files of one database, by the numbers that the system knows them by."""

    def __init__(self, path: Path) -> None:
        """Take note of the database at `path` and of its log, both of which are open."""
        self._seen = {file: _number(file) for file in (path, path.with_name(f"{path.name}-wal"))}

    def check(self) -> None:
        """Raise `OSError` if a file was removed, moved away or replaced."""
        for file, seen in self._seen.items():
            if _number(file) != seen:
                raise OSError(
                    f"{file.name} is not the file that was opened; "
                    "put that one back, or start the sink anew"
                )


def _number(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - for each commit, and quicker
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
