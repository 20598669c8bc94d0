"""Overrides: faults and delays that are enabled for the next N requests."""

import asyncio
import logging
from collections.abc import Callable

from starlette.types import Receive, Scope

from mock_server.exchange import Hooks, MockExchange
from mock_server.storage.overrides import Overrides

_LOG = logging.getLogger("hookproof.mock")


class OverridesStep:
    """Step that applies the active overrides to each request of an operation."""

    def __init__(
        self, overrides: Overrides, with_faults: Callable[[frozenset[str]], Hooks]
    ) -> None:
        """Use `with_faults` to add faults; it raises `ValueError` for an unknown one."""
        self._overrides = overrides
        self._with_faults = with_faults

    async def __call__(self, exchange: MockExchange, _scope: Scope, _receive: Receive) -> None:
        """Pass the request on."""
        if exchange.has_overrides:
            await self._apply_overrides(exchange)

    async def _apply_overrides(self, exchange: MockExchange) -> None:
        taken = self._overrides.take()
        exchange.delay += sum(float(s.value) for s in taken if s.kind == "delay")
        names = frozenset(str(s.value) for s in taken if s.kind == "fault")
        if not names:
            return
        try:
            # The first fault of a contract takes a while: the fault table is built then.
            exchange.hooks = await asyncio.to_thread(self._with_faults, names)
            exchange.faults = names
        except ValueError as error:
            _LOG.warning("an override has no effect because the contract has changed: %s", error)
