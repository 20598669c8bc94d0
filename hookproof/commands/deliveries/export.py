"""`hookproof deliveries export`: stream matching deliveries to a file or to stdout."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx

from hookproof.errors import CommandError
from webhook_sink.client import SinkClient

_READ_TIMEOUT_S = 60.0
"""Timeout between two chunks: the sink may search many deliveries for the next match."""


def export_deliveries(sink: SinkClient, options: SimpleNamespace) -> None:
    """Write the matching deliveries in the given format."""
    parameters = {**options.filters, "format": options.format}
    with sink.streamed("deliveries/export", parameters, _READ_TIMEOUT_S) as response:
        if options.output is not None:
            _save(response, options.output)
            return
        for piece in response.iter_raw():
            sys.stdout.buffer.write(piece)


def _save(response: httpx.Response, path: Path) -> None:
    """Write the response to a file atomically; an error leaves an existing file unchanged."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            for piece in response.iter_raw():
                file.write(piece)
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandError(f"{path}: cannot be written: {reason}") from None
    finally:
        draft.unlink(missing_ok=True)
