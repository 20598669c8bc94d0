"""Success of an operation, with new secrets and unique values."""

import copy
import json
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from starlette.types import Receive, Scope

from mock_server.exchange import MockExchange
from mock_server.messages import Headers, HttpResponse
from mock_server.responses.content import content_response, preferred_content
from mock_server.responses.errors import RequestRejected
from mock_server.responses.headers import required_headers, with_missing_headers
from mock_server.responses.resources import OperationResources
from mock_server.storage.database import StateChange, Store
from mock_server.tokens import mint
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.examples import draw_body
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.runtime_expression import RuntimeExpression, parse_expression
from openapi.schemas.formats import date_time_to_ns
from openapi.schemas.validation import Schema

LOG = logging.getLogger("hookproof.mock")
_SUCCESS_ORDER = "2d3"
"""First characters of the keys of responses, in the order in which they can be a success."""
CredentialParameters = Mapping[str, RuntimeExpression]
"""Parameters of an issued credential, and the expressions that read them from a request."""


@dataclass(frozen=True, slots=True)
class _Success:
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


def _read_success(
    contract: Contract, operation: Operation, seed: int, resources: OperationResources
) -> _Success:
    response_spec = success_response_of(operation)
    rng = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - examples, not secrets
    status = operation.status_of(response_spec)
    headers = required_headers(contract, response_spec, rng)
    content = preferred_content(response_spec)
    if content is None:
        return _Success(status, headers, "", None, None, {}, {})
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
    unique |= resources.pointers_of_resource_names
    unique |= _identity_pointers(contract, operation)
    # In a stable order, for the seed.
    examples = {place: get_at(value, place) for place in sorted(unique - credentials.keys())}
    schema = contract.schema(pointer)
    return _Success(status, headers, media_type, value, schema, credentials, examples)


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


class SuccessStep:
    """Last step of one operation: the response to the requests that no step rejected."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        secret: str,
        seed: int,
        unique_values: UniqueValues,
        store: Store,
    ) -> None:
        """Read the causes and links of the operation.

        `secret` signs the tokens in the response. The same `seed` gives the same responses, except
        `unique_values`.
        """
        self._contract = contract
        self._operation = operation
        self._secret = secret
        self._seed = seed
        self._unique_values = unique_values
        self._store = store
        self._resources = OperationResources(contract, operation, store)
        self._claim_expressions = [parse_expression(text) for text in operation.duplicate_values]

    @cached_property
    def _success(self) -> "_Success":
        """Success without new values, read from the contract when the first request needs it."""
        return _read_success(self._contract, self._operation, self._seed, self._resources)

    async def __call__(
        self, exchange: MockExchange, _scope: Scope, _receive: Receive
    ) -> HttpResponse:
        """Return the success; raise the rejection of an unknown resource or a duplicate request."""
        if not self._resources.knows(exchange):
            raise RequestRejected("unknown-resource", "There is no resource with this name")
        success = self._success
        headers = with_missing_headers(exchange.headers, success.headers)
        if success.schema is None:
            response = HttpResponse(success.status, headers, b"")
        else:
            for place, example in success.examples.items():
                self._unique_values.set_unique_value(success.value, place, success.schema, example)
            for place, parts in success.credentials.items():
                set_at(success.value, place, self._credential(exchange, parts))
            response = content_response(success.status, success.value, headers, success.media_type)
        # The commit is the last step, so that a failed request changes nothing.
        await self._commit_change(exchange, response)
        return response

    async def _commit_change(self, exchange: MockExchange, response: HttpResponse) -> None:
        claim_values = [exchange.evaluate(part) for part in self._claim_expressions]
        claim = (
            f"{self._operation.id} {json.dumps(claim_values)}"
            if claim_values and MISSING not in claim_values
            else None
        )
        added = self._resources.added(exchange, response)
        removed = self._resources.removed(exchange)
        if claim is None and not added and removed is None and not self._success.credentials:
            return
        conflict = await self._store.commit_change(
            StateChange(self._operation.id, claim, exchange.body, added, removed)
        )
        if conflict is not None:
            raise RequestRejected(conflict, "")

    def _credential(self, exchange: MockExchange, parts: CredentialParameters) -> str:
        found = {key: exchange.evaluate(part) for key, part in parts.items()}
        expires_at_ns = date_time_to_ns(found.get("expires"))
        return mint(
            self._secret,
            _string_items(found.get("permissions")),
            None if expires_at_ns is None else expires_at_ns // 10**9,
            revoked=found.get("revoked") is True,
        )


def credential_parameters(contract: Contract, pointer: str) -> CredentialParameters:
    """Return the parameters of the credential that `x-hookproof-credential` at `pointer` states."""
    stated = contract.at(pointer).items()
    return {key: parse_expression(text) for key, text in stated if key != "security-scheme"}


def success_response_of(operation: Operation) -> ResponseSpec:
    """Return the response to a valid request: 200 without a body if only errors are documented."""
    expected = operation.response_caused_by("valid-request")
    documented = [r for status, r in operation.responses.items() if status[0] in _SUCCESS_ORDER]
    ranked = sorted(documented, key=lambda response: _SUCCESS_ORDER.find(response.status[0]))
    nothing = ResponseSpec("200", operation.pointer, {}, (), {}, ())
    return expected or next(iter(ranked), nothing)


def _string_items(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
