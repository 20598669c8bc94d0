"""What is said while deliveries cannot be stored: each reason once, and in the end how many."""

import logging

_log = logging.getLogger("hookproof.sink")
_MOST = 20
"""Reasons that are said of one trouble."""


class Trouble:
    """A time in which nothing can be stored. For the one thread that stores."""

    def __init__(self) -> None:
        """Begin without trouble."""
        self._said: set[str] = set()
        self._refused = 0

    def refused(self, count: int, reason: str) -> None:
        """Take note of `count` deliveries that were answered 503."""
        self._refused += count
        if reason not in self._said and len(self._said) < _MOST:
            self._said.add(reason)
            _log.error("deliveries are answered 503: %s", reason)

    def over(self) -> None:
        """Take note that deliveries are stored again, or will never be."""
        if self._refused:
            _log.warning("%d deliveries were answered 503 and not stored", self._refused)
            self._said.clear()
            self._refused = 0
