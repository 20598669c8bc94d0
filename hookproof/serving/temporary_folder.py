"""Temporary folder of a server, and the removal of those that killed servers have left."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: folders of killed servers stay
    fcntl = None  # type: ignore[assignment]

_LOCK_NAME = "lock"


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder whose name begins with `prefix`, and remove it when the block ends.

    First remove the folders with this prefix whose process was killed. A process locks a file in
    its folder, and the system ends the lock with the process, so that no other folder is removed.
    """
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            _remove_if_left(folder)
    with tempfile.TemporaryDirectory(prefix=prefix) as name, _locked(Path(name)):
        yield Path(name)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder; its lock file appears only when it is locked."""
    draft = folder / f".{_LOCK_NAME}"
    with draft.open("w") as lock:
        if _lock(lock):
            draft.rename(folder / _LOCK_NAME)
        yield


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of this user whose lock no process has."""
    with suppress(OSError):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return
        with (folder / _LOCK_NAME).open("r+") as lock:
            if _lock(lock):
                shutil.rmtree(folder)


def _lock(file: IO[str]) -> bool:
    """Lock `file` until it is closed; return False if another process has the lock."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
