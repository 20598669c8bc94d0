"""Overrides: faults, delays and responses that are enabled for the next N requests."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from starlette.types import Receive, Scope

from mock_server.exchange import Hooks, MockExchange
from mock_server.messages import HttpResponse, encode_header
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

    async def __call__(
        self, exchange: MockExchange, _scope: Scope, _receive: Receive
    ) -> HttpResponse | None:
        """Return the response of an override, or pass the request on."""
        return await self._apply_overrides(exchange) if exchange.has_overrides else None

    async def _apply_overrides(self, exchange: MockExchange) -> HttpResponse | None:
        taken = self._overrides.take()
        exchange.delay += sum(float(s.value) for s in taken if isinstance(s.value, float))
        for override in taken:
            if isinstance(override.value, dict):
                exchange.is_preferred_response = True
                return _response(**override.value)
        names = frozenset(str(s.value) for s in taken if s.kind == "fault")
        if not names:
            return None
        try:
            # The first fault of a contract takes a while: the fault table is built then.
            exchange.hooks = await asyncio.to_thread(self._with_faults, names)
            exchange.faults = names
        except ValueError as error:
            _LOG.warning("an override has no effect because the contract has changed: %s", error)
        return None


def _response(status: int, headers: Sequence[tuple[str, str]], body: str) -> HttpResponse:
    stated = tuple(encode_header(name, value) for name, value in headers)
    return HttpResponse(status, stated, body.encode(errors="surrogatepass"))
