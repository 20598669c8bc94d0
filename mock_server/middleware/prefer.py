"""Preferences: a documented response, a fault or a delay for one request."""

import asyncio
import random
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope

from mock_server.exchange import Hooks, MockExchange
from mock_server.messages import Headers, HttpResponse, encode_header
from mock_server.middleware.documented_responses import DocumentedResponses, SelectedResponse
from mock_server.middleware.prefer_header import (
    PREFERENCE_NAMES,
    Preferences,
    format_preferences,
    parse_preferences,
)
from mock_server.responses.content import content_response
from mock_server.responses.errors import RequestRejected
from mock_server.responses.headers import required_headers, with_missing_headers
from openapi.contract import Contract, Operation

if TYPE_CHECKING:
    from mock_server.middleware.rate_limit import OperationRateLimit


class PreferStep:
    """Step that responds as the client prefers, or passes the request on with a fault."""

    def __init__(
        self,
        operation: Operation,
        contract: Contract,
        with_faults: Callable[[frozenset[str]], Hooks],
        rate_limit: "OperationRateLimit | None",
        seed: int | None,
    ) -> None:
        """Use `with_faults` to add faults; it raises `ValueError` for an unknown one.

        `rate_limit` provides the headers of the rate limit; a response on demand does not count.
        """
        self._operation = operation
        self._with_faults = with_faults
        self._rate_limit = rate_limit
        self._documented_responses = DocumentedResponses(contract, operation, seed)
        self._contract = contract
        self._seed = seed or 0

    @cached_property
    def _headers(self) -> Mapping[str, Headers]:
        """Required headers of each response; read when a client first has a preference."""
        rng = random.Random(f"{self._seed}/{self._operation.id}")  # noqa: S311 - no secrets
        return {
            response_spec.status: required_headers(self._contract, response_spec, rng)
            for response_spec in self._operation.responses.values()
        }

    async def __call__(
        self, exchange: MockExchange, scope: Scope, _receive: Receive
    ) -> HttpResponse | None:
        """Return the preferred response, reject invalid preferences, or pass the request on."""
        if exchange.preference_texts is None:
            return None
        exchange.is_preferred_response = True  # also for a rejection
        try:
            preferences = parse_preferences(exchange.preference_texts)
            chosen = self._documented_responses.select(preferences)
            if preferences.fault:
                # The first fault of a contract takes a while: the fault table is built then.
                faults = exchange.faults | {preferences.fault}
                exchange.hooks = await asyncio.to_thread(self._with_faults, faults)
                exchange.faults = faults
        except ValueError as error:
            exchange.headers += await self._rate_limit_headers(scope, None)
            raise RequestRejected(400, str(error)) from None
        exchange.delay += preferences.delay or 0.0
        exchange.headers += _preference_applied_header(
            exchange.preference_texts, preferences, chosen
        )
        if chosen is None:
            exchange.is_preferred_response = False
            return None
        exchange.headers += await self._rate_limit_headers(scope, chosen)
        return self._build_response(chosen, exchange)

    def _build_response(self, chosen: SelectedResponse, exchange: MockExchange) -> HttpResponse:
        required = self._headers.get(chosen.response_spec.status, ())
        headers = with_missing_headers(exchange.headers, required)
        if chosen.status == HTTPStatus.UNAUTHORIZED:
            headers = with_missing_headers(headers, (encode_header("WWW-Authenticate", "Bearer"),))
        if chosen.body is None:
            return HttpResponse(chosen.status, headers, b"")
        return content_response(chosen.status, chosen.body.value, headers, chosen.body.media_type)

    async def _rate_limit_headers(self, scope: Scope, chosen: SelectedResponse | None) -> Headers:
        """Return the rate limit headers without counting; for a 429 those of an exceeded limit."""
        if self._rate_limit is None:
            return ()
        kind = chosen.response_spec.cause.get("kind") if chosen is not None else None
        return await self._rate_limit.current_headers(scope, exceeded=kind == "rate-limit-exceeded")


def _preference_applied_header(
    preference_texts: Mapping[str, str], preferences: Preferences, chosen: SelectedResponse | None
) -> Headers:
    """Return the header that lists the applied preferences; `example` overrides `dynamic`."""
    has_body = chosen is not None and chosen.body is not None
    made = preferences.dynamic and has_body and not preferences.example
    applied = {
        name: preference_texts[name]
        for name in PREFERENCE_NAMES
        if name in preference_texts and (name != "dynamic" or made)
    }
    return (encode_header("Preference-Applied", format_preferences(applied)),) if applied else ()
