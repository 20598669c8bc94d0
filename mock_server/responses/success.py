"""Success of one operation: its template, and the new values of each response."""

import copy
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass

from mock_server.exchange import MockExchange
from mock_server.messages import Headers
from mock_server.responses.content import preferred_content
from mock_server.responses.headers import required_headers
from mock_server.tokens import mint
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.examples import draw_body
from openapi.extensions import extended_properties
from openapi.json_pointer import get_at, set_at
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import Schema

LOG = logging.getLogger("hookproof.mock")
_SUCCESS_ORDER = "2d3"
"""First characters of the keys of responses, in the order in which they can be a success."""
CredentialParameters = Mapping[str, RuntimeExpression]
"""Parameters of an issued credential, and the expressions that read them from a request."""


@dataclass(frozen=True, slots=True)
class Success:
    """Success of one operation, without new secrets and unique values."""

    status: int
    headers: Headers
    media_type: str
    value: Json
    """The only body: each response changes its places and is encoded."""
    schema: Schema | None
    """None without a body."""
    credentials: Mapping[str, CredentialParameters]
    """Parameters of the credential at each place."""
    examples: Mapping[str, Json]
    """Example of the unique value at each place."""

    def fresh_value(self, exchange: MockExchange, unique_values: UniqueValues, secret: str) -> Json:
        """Return the body with new unique values, and with credentials that `secret` signs."""
        if self.schema is None:
            return None
        for place, example in self.examples.items():
            unique_values.set_unique_value(self.value, place, self.schema, example)
        for place, parts in self.credentials.items():
            set_at(self.value, place, _credential(exchange, parts, secret))
        return self.value


def read_success(
    contract: Contract, operation: Operation, seed: int, named: frozenset[str] = frozenset()
) -> Success:
    """Return the success of `operation`; the values at the pointers `named` identify a resource."""
    response_spec = success_response_of(operation)
    rng = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - examples, not secrets
    status = operation.status_of(response_spec)
    headers = required_headers(contract, response_spec, rng)
    content = preferred_content(response_spec)
    if content is None:
        return Success(status, headers, "", None, None, {}, {})
    media_type, pointer = content
    drawn = draw_body(contract, pointer, rng)
    if not drawn.is_valid:
        LOG.warning(
            "%s %s: no value was found that satisfies the schema of its %s (%s); the response "
            "breaks the contract: add an example",
            operation.method,
            operation.path,
            response_spec.status,
            media_type,
        )
    value = copy.deepcopy(drawn.value)
    credentials = {
        place: credential_parameters(contract, keyword)
        for place, keyword in extended_properties(contract, pointer, "x-hookproof-credential")
    }
    unique = {place for place, _ in extended_properties(contract, pointer, "x-hookproof-unique")}
    unique |= named
    unique |= _identity_pointers(contract, operation)
    # In a stable order, for the seed.
    examples = {place: get_at(value, place) for place in sorted(unique - credentials.keys())}
    schema = contract.schema(pointer)
    return Success(status, headers, media_type, value, schema, credentials, examples)


def _identity_pointers(contract: Contract, operation: Operation) -> set[str]:
    """Return the places in the response whose value identifies the exchange in its events."""
    sources = (
        parse_expression(echo["from"])
        for event in contract.triggered_events
        if event.operation == operation.id
        for echo in event.trigger.get("echoes", ())
        if echo.get("correlator") == "identity"
    )
    return {s.where for s in sources if (s.message, s.part) == ("response", "body")}


def _credential(exchange: MockExchange, parts: CredentialParameters, secret: str) -> str:
    found = {key: exchange.evaluate(part) for key, part in parts.items()}
    expires_at_ns = date_time_to_ns(found.get("expires"))
    return mint(
        secret,
        _string_items(found.get("permissions")),
        None if expires_at_ns is None else expires_at_ns // 10**9,
        revoked=found.get("revoked") is True,
    )


def credential_parameters(contract: Contract, pointer: str) -> CredentialParameters:
    """Return the parameters of the credential that `x-hookproof-credential` at `pointer` states."""
    stated = contract.at(pointer).items()
    return {key: parse_expression(text) for key, text in stated if key != "security-scheme"}


def success_response_of(operation: Operation) -> ResponseSpec:
    """Return the response to a valid request: 200 without a body if only errors are documented.

    Of several, return the one with links: the others tell about a resource that existed before.
    """
    stated = operation.responses_caused_by("valid-request")
    expected = next((one for one in stated if one.links), None) or next(iter(stated), None)
    documented = [r for status, r in operation.responses.items() if status[0] in _SUCCESS_ORDER]
    ranked = sorted(documented, key=lambda response: _SUCCESS_ORDER.find(response.status[0]))
    nothing = ResponseSpec("200", operation.pointer, {}, (), {}, ())
    return expected or next(iter(ranked), nothing)


def _string_items(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
