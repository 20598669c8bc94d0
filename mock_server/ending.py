"""The end of an exchange: its record, and the webhooks that it brings about."""

import time
from collections.abc import Mapping
from typing import Any

from mock_server.exchange import Exchange
from mock_server.journal import Journal
from mock_server.masking import Mask
from mock_server.records import received
from mock_server.webhooks import Webhooks


class Ending:
    """Called once for every exchange, after its answer has gone out. Returns at once."""

    def __init__(self, journal: Journal, webhooks: Webhooks, mask: Mask) -> None:
        """Note requests in `journal`, and have `webhooks` send what is due."""
        self._journal = journal
        self._webhooks = webhooks
        self._mask = mask

    def __call__(self, exchange: Exchange, scope: Mapping[str, Any], seconds: float) -> None:
        """End an exchange that took so many `seconds`."""
        number, at = self._journal.number(), time.time() - seconds
        record = received(number, at, seconds, scope, exchange, self._mask)
        self._journal.note("request", record)
        if exchange.answer is not None and not exchange.on_demand:
            self._webhooks.after(exchange, number)
