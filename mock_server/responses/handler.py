"""Success of an operation, with new secrets and unique values."""

import copy
import json
import random
from collections.abc import Mapping

from starlette.types import Receive, Scope

from mock_server.exchange import MockExchange
from mock_server.messages import HttpResponse, json_response
from mock_server.responses.errors import RequestRejected
from mock_server.responses.headers import required_headers, with_missing_headers
from mock_server.responses.resources import OperationResources
from mock_server.storage.database import StateChange, Store
from mock_server.tokens import mint
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Json, Operation, ResponseSpec
from openapi.examples import body_example
from openapi.extensions import extended_properties
from openapi.formats import date_time_to_ns
from openapi.json_pointer import MISSING, get_at, set_at
from openapi.runtime_expression import RuntimeExpression, parse_expression

CredentialParameters = Mapping[str, RuntimeExpression]
"""Parameters of an issued credential, and the expressions that read them from a request."""


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
        """Read the example of the response and its schema extensions.

        `secret` signs the tokens in the response. The same `seed` gives the same responses, except
        `unique_values`.
        """
        response_spec = success_response_of(operation)
        rng = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - examples, not secrets
        self._id = operation.id
        self._secret = secret
        self._unique_values = unique_values
        self._store = store
        self._resources = resources = OperationResources(contract, operation, store)
        self._status = operation.status_of(response_spec)
        self._headers = required_headers(contract, response_spec, rng)
        self._value: Json = None  # the only body: each response changes its places and is encoded
        self._media_type, pointer = next(iter(response_spec.content.items()), ("", ""))
        if pointer:
            self._value = copy.deepcopy(body_example(contract, pointer, rng))
            self._schema = contract.schema(pointer)
        self._credentials = {
            place: credential_parameters(contract, keyword)
            for place, keyword in extended_properties(contract, pointer, "x-hookproof-credential")
        }
        unique = {
            place for place, _ in extended_properties(contract, pointer, "x-hookproof-unique")
        }
        unique |= resources.pointers_of_resource_names
        # In a stable order, for the seed.
        places = sorted(unique - self._credentials.keys())
        self._examples = {place: get_at(self._value, place) for place in places}
        self._claim_expressions = [parse_expression(text) for text in operation.duplicate_values]

    async def __call__(
        self, exchange: MockExchange, _scope: Scope, _receive: Receive
    ) -> HttpResponse:
        """Return the success; raise the rejection of an unknown resource or a duplicate request."""
        if not self._resources.knows(exchange):
            raise RequestRejected("unknown-resource", "There is no resource with this name")
        headers = with_missing_headers(exchange.headers, self._headers)
        if not self._media_type:
            response = HttpResponse(self._status, headers, b"")
        else:
            for place, example in self._examples.items():
                self._unique_values.set_unique_value(self._value, place, self._schema, example)
            for place, parts in self._credentials.items():
                set_at(self._value, place, self._credential(exchange, parts))
            response = json_response(self._status, self._value, headers, self._media_type)
        # The commit is the last step, so that a failed request changes nothing.
        await self._commit_change(exchange, response)
        return response

    async def _commit_change(self, exchange: MockExchange, response: HttpResponse) -> None:
        claim_values = [exchange.evaluate(part) for part in self._claim_expressions]
        claim = (
            f"{self._id} {json.dumps(claim_values)}"
            if claim_values and MISSING not in claim_values
            else None
        )
        added = self._resources.added(exchange, response)
        removed = self._resources.removed(exchange)
        if claim is None and not added and removed is None and not self._credentials:
            return
        conflict = await self._store.commit_change(
            StateChange(self._id, claim, exchange.body, added, removed)
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
    """Return the response to a valid request."""
    expected = operation.response_caused_by("valid-request")
    first = (r for status, r in operation.responses.items() if status.startswith("2"))
    found = expected or next(first, None)
    return found or next(iter(operation.responses.values()))


def _string_items(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
