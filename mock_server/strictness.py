"""The station that refuses what the contract lets a service refuse, where that is asked for."""

import time
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import exchange_of
from mock_server.freedoms import Rule
from mock_server.problems import Refusal
from mock_server.tokens import granted
from openapi.document import Operation


class Strictness:
    """Holds what an operation is asked for against rules that the mock was started with."""

    def __init__(
        self, next_app: ASGIApp, operation: Operation, rules: Mapping[str, tuple[Rule, ...]]
    ) -> None:
        """Take the rules of every operation, by its id."""
        self._next = next_app
        self._rules = rules[operation.id]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a valid request on, or raise the refusal of the first rule that it breaks."""
        exchange = exchange_of(scope)
        # Where nothing is known of the caller, it was let through with every permission.
        held = granted(exchange.claims) if exchange.claims else None
        now = time.time()
        for rule in self._rules:
            message = rule.broken_by(exchange.value, held, now)
            if message is not None:
                raise Refusal(rule.status, message)
        await self._next(scope, receive, send)
