"""Announcement of a ready server: start screen on stdout, and `--ready-file` for scripts."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hookproof.errors import CommandError

Announce = Callable[[], None]
"""Function to call once, as soon as the server accepts requests."""


@contextmanager
def ready_announcement(lines: Sequence[str], url: str, path: Path | None) -> Iterator[Announce]:
    """Yield a function that writes the file at `path` (None: no file) and prints `lines`.

    The file appears atomically, as `{"url": ..., "pid": ...}`. The function removes the file of a
    killed process at the start, and its own when the block ends. `CommandError` if the file cannot
    be written.
    """
    if path is None:
        yield lambda: _print_lines(lines)
        return
    text = json.dumps({"url": url, "pid": os.getpid()}) + "\n"
    try:
        if path.exists() and not path.is_file():
            raise _not_writable_error(path, "it is not a file")
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        path.unlink(missing_ok=True)
        draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _not_writable_error(path, error.strerror or str(error)) from None

    def announce() -> None:
        try:
            draft.replace(path)
        except OSError as error:
            raise _not_writable_error(path, error.strerror or str(error)) from None
        _print_lines(lines)

    try:
        yield announce
    finally:
        draft.unlink(missing_ok=True)
        if path.is_file() and path.read_bytes() == text.encode():  # not the file of a later process
            path.unlink()


def _print_lines(lines: Sequence[str]) -> None:
    print("\n".join(lines), flush=True)


def _not_writable_error(path: Path, reason: str) -> CommandError:
    return CommandError(
        f"--ready-file: cannot write {path} ({reason}): name a file in an existing directory"
    )
