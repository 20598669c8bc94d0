"""One thread that removes what is beyond the bounds, and says so."""

import logging
import threading
import time
from collections.abc import Callable

from webhook_sink.storage.retention import Bounds
from webhook_sink.storage.store import Store, StoreError

_EVERY = 1.0
"""Seconds between two looks: for so long there may be more than the bounds say."""
_log = logging.getLogger("hookproof.sink")


class Pruning:
    """Holds a store to its bounds; without any, it does nothing."""

    def __init__(self, store: Store, bounds: Bounds, removed: Callable[[], None]) -> None:
        """`removed` is called after something was, in the thread that removes."""
        self._store = store
        self._bounds = bounds
        self._removed = removed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-pruning")

    def start(self) -> None:
        """Begin; what a store holds already is looked at at once."""
        if self._bounds:
            self._thread.start()

    def close(self) -> None:
        """Return when nothing is removed any more."""
        self._stopping.set()
        if self._bounds:
            self._thread.join()

    def _run(self) -> None:
        said = ""
        while True:
            try:
                count = self._store.prune(self._bounds, time.time())
                if count:
                    _log.info("removed the %d oldest, which were beyond %s", count, self._bounds)
                    self._removed()
                said = ""
            except StoreError as error:
                if str(error) != said:
                    said = str(error)
                    _log.error("nothing was removed: %s", said)
            if self._stopping.wait(_EVERY):
                return
