"""The station of what a client prefers: a certain answer, a fault, a delay."""

import asyncio
import random
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import Behaviour, Exchange, exchange_of
from mock_server.messages import Answer, Headers, header, json_answer
from mock_server.middleware.documented_responses import Chosen, Documented
from mock_server.middleware.prefer_header import NAMES, Preferences, understood, written
from mock_server.responses.errors import Refusal
from mock_server.responses.headers import completed, required_headers
from openapi.contract import Contract, Operation

if TYPE_CHECKING:
    from mock_server.middleware.rate_limit import Gate


class OnDemand:
    """Answers as the client prefers, or lets the request go on, with the fault that it asks for."""

    def __init__(
        self,
        next_app: ASGIApp,
        operation: Operation,
        contract: Contract,
        with_faults: Callable[[frozenset[str]], Behaviour],
        gate: "Gate | None",
        seed: int | None,
    ) -> None:
        """`with_faults` returns the mock's behaviour with more faults; a `ValueError`: unknown.

        The `gate` tells of the limit, and counts nothing.
        """
        self._next = next_app
        self._operation = operation
        self._with_faults = with_faults
        self._gate = gate
        self._documented = Documented(contract, operation, seed)
        choose = random.Random(f"{seed or 0}/{operation.id}")  # noqa: S311 - examples, not secrets
        self._headers = {
            response.status: required_headers(contract, response, choose)
            for response in operation.responses.values()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse preferences that cannot be met, or pass the request on."""
        exchange = exchange_of(scope)
        if exchange.asked is None:
            await self._next(scope, receive, send)
            return
        exchange.operation = self._operation
        exchange.on_demand = True  # also where it is refused
        try:
            wanted = understood(exchange.asked)
            chosen = self._documented.chosen(wanted)
            if wanted.fault:
                # What faults there are takes a while to find out, once for each contract.
                faults = exchange.faults | {wanted.fault}
                exchange.behaviour = await asyncio.to_thread(self._with_faults, faults)
                exchange.faults = faults
        except ValueError as error:
            exchange.headers += await self._limits(scope, None)
            raise Refusal(400, str(error)) from None
        exchange.delay += wanted.delay or 0.0
        exchange.headers += _applied(exchange.asked, wanted, chosen)
        if chosen is None:
            exchange.on_demand = False
            await self._next(scope, receive, send)
            return
        exchange.headers += await self._limits(scope, chosen)
        exchange.answer = self._answer(chosen, exchange)
        await exchange.answer.send(send)

    def _answer(self, chosen: Chosen, exchange: Exchange) -> Answer:
        headers = completed(exchange.headers, self._headers[chosen.response.status])
        if chosen.status == HTTPStatus.UNAUTHORIZED:
            headers = completed(headers, (header("WWW-Authenticate", "Bearer"),))
        if chosen.body is None:
            return Answer(chosen.status, headers, b"")
        return json_answer(chosen.status, chosen.body.value, headers, chosen.body.media_type)

    async def _limits(self, scope: Scope, chosen: Chosen | None) -> Headers:
        """Return the headers of the rate limit as it stands; exceeded in a 429."""
        if self._gate is None:
            return ()
        burst = self._operation.answer_to("burst")
        return await self._gate.told(
            scope, exceeded=chosen is not None and chosen.response is burst
        )


def _applied(asked: Mapping[str, str], wanted: Preferences, chosen: Chosen | None) -> Headers:
    """Return the header that lists what was applied: an example is not made from the schema."""
    has_body = chosen is not None and chosen.body is not None
    made = wanted.dynamic and has_body and not wanted.example
    applied = {name: asked[name] for name in NAMES if name in asked and (name != "dynamic" or made)}
    return (header("Preference-Applied", written(applied)),) if applied else ()
