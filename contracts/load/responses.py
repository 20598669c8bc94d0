"""Judgement of one response under load: plainly right, or judged by the checks of `verify`."""

from collections.abc import Iterator
from typing import Final

from contracts.checks import CHECKS
from contracts.checks.application import apply_check
from contracts.checks.secrets import redaction
from contracts.ledger.ledger import Ledger, Reconciliation
from contracts.model.correlators import Correlator
from contracts.model.exchange import Exchange, ReceivedResponse
from contracts.model.settings import Settings
from contracts.reporting.evidence import evidence
from openapi.contract import Contract, HeaderSpec, Json
from openapi.media_type import body_kind, parse_media_type

RESPONSE_CHECKS: Final = (
    "no-response",
    "server-error",
    "response-media-type",
    "response-schema",
    "response-headers",
    "valid-request",
)
"""Checks of `verify` that one response to a valid request can decide."""
_RULES: Final = {name: (CHECKS[name].__doc__ or "").strip() for name in RESPONSE_CHECKS}


class ResponseJudge:
    """Judge of the responses of one worker."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        """Take the contract, and the settings of a run for the reports."""
        self._contract = contract
        self._settings = settings

    def findings(self, exchange: Exchange) -> Iterator[dict[str, Json]]:
        """Yield what is wrong with the response, as the findings of a report.

        A response that is plainly right costs one validation; only others go through the checks.
        """
        if self._is_plainly_right(exchange):
            return
        ledger = self._ledger(exchange)
        redact = redaction(ledger)
        for name in RESPONSE_CHECKS:
            for found in apply_check(name, CHECKS[name], ledger).findings:
                yield evidence(ledger, found, _RULES, redact)

    def _is_plainly_right(self, exchange: Exchange) -> bool:
        response, stated = exchange.response, exchange.documented_response
        if response is None or stated is None or response.not_judged is not None:
            return False
        if not exchange.has_status_of("valid-request"):
            return False
        if stated.content:
            known = parse_media_type(_content_type(response).encode(errors="replace"))
            schema = stated.schema_for(known.essence) if known else None
            if known is None or schema is None or not set(known.charsets) <= {"utf-8", "utf8"}:
                return False
            if body_kind(known.essence) == "json":
                text = response.json
                if text.problem is not None or text.has_byte_order_mark:
                    return False
                if not self._contract.schema(schema).is_valid(text.value):
                    return False
        return all(self._has_right_header(response, header) for header in stated.headers)

    def _has_right_header(self, response: ReceivedResponse, header: HeaderSpec) -> bool:
        text = response.header(header.name)
        if text is None:
            return not header.required
        schema = self._contract.schema(header.schema)
        return any(map(schema.is_valid, header.readings(text).values))

    def _ledger(self, exchange: Exchange) -> Ledger:
        operation = exchange.request.operation
        correlators: dict[str, tuple[Correlator, ...]] = {
            operation.id: exchange.request.correlators
        }
        nothing = Reconciliation((), (), (), ())
        return Ledger(
            self._contract, self._settings, (exchange,), (), nothing, (), None, correlators
        )


def _content_type(response: ReceivedResponse) -> str:
    return response.header("content-type") or ""
