"""Write a text file as a whole or not at all, for files that others read at the same time."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write `text` in UTF-8 to a temporary file beside `path` and rename it; raise `OSError`.

    Its owner can write the file, and everybody can read it. An error leaves `path` as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as half:
            half.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
