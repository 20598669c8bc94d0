"""Pruner: a thread that removes deliveries beyond the retention limits, and maintains the store."""

import logging
import threading
import time
from collections.abc import Callable

from webhook_sink.storage.retention import RetentionLimits
from webhook_sink.storage.store import Store, StoreError

_PRUNE_INTERVAL_S = 1.0
_log = logging.getLogger("hookproof.sink")


class Pruner:
    """Thread that applies the retention limits to a store, and has it maintained."""

    def __init__(
        self, store: Store, retention_limits: RetentionLimits, on_removed: Callable[[], None]
    ) -> None:
        """`on_removed` is called in the thread after deliveries were removed."""
        self._store = store
        self._retention_limits = retention_limits
        self._on_removed = on_removed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-pruning")

    def start(self) -> None:
        """Start the thread, which prunes at once."""
        self._thread.start()

    def close(self) -> None:
        """Return once the thread has ended."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        last_error = ""
        while True:
            try:
                count = self._store.prune(self._retention_limits, time.time())
                if count:
                    _log.info(
                        "removed the %d oldest deliveries, limit %s", count, self._retention_limits
                    )
                    self._on_removed()
                self._store.maintain()
                last_error = ""
            except StoreError as error:
                if str(error) != last_error:
                    last_error = str(error)
                    _log.error("deliveries cannot be removed: %s", last_error)
            if self._stopping.wait(_PRUNE_INTERVAL_S):
                return
