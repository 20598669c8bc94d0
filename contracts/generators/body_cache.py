"""Cache of generated bodies in files, because to draw them takes most of the time of a run.

A run works without the cache: a file that is missing, unreadable or broken is generated again, and
a directory that cannot be written is ignored.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from openapi.files.atomic_file import write_atomically

GeneratedBody = tuple[str, object]
"""Description and body: bytes or JSON data."""
MAX_BYTES = 64 * 2**20
"""Total size of the files that are kept: the latest ones."""


def cached_bodies(
    directory: Path | None, key: Sequence[object], draw: Callable[[], list[GeneratedBody]]
) -> list[GeneratedBody]:
    """Return the bodies stored for `key` in `directory`, or draw and store them.

    `key` must name everything on which the bodies depend. None as `directory` stores nothing.
    """
    if directory is None:
        return draw()
    text = "\n".join(map(str, key)).encode(errors="replace")
    path = directory / f"{hashlib.sha256(text).hexdigest()}.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        return _parse(path.read_text(encoding="utf-8"))
    drawn = draw()
    with suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _format(drawn))
        _remove_oldest(directory)
    return drawn


def _format(bodies: Sequence[GeneratedBody]) -> str:
    entries = [
        {"description": description, "bytes": base64.b64encode(body).decode()}
        if isinstance(body, bytes)
        else {"description": description, "json": body}
        for description, body in bodies
    ]
    return json.dumps({"bodies": entries})


def _parse(text: str) -> list[GeneratedBody]:
    return [
        (
            str(entry["description"]),
            base64.b64decode(entry["bytes"]) if "bytes" in entry else entry["json"],
        )
        for entry in json.loads(text)["bodies"]
    ]


def _remove_oldest(directory: Path) -> None:
    known = sorted(
        ((path.stat(), path) for path in directory.iterdir()),
        key=lambda found: found[0].st_mtime,
        reverse=True,
    )
    total = 0
    for state, path in known:
        total += state.st_size
        if total > MAX_BYTES:
            path.unlink(missing_ok=True)
