"""Success of an operation, with new secrets and unique values."""

import json
from functools import cached_property, partial
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope

from mock_server.exchange import MockExchange, OnSuccess
from mock_server.messages import HttpResponse
from mock_server.responses.content import content_response
from mock_server.responses.errors import RequestRejected
from mock_server.responses.headers import with_missing_headers
from mock_server.responses.keepers import ResourceKeepers
from mock_server.responses.success import Success, read_success
from mock_server.storage.database import StateChange, Store
from mock_server.tokens import TENANT_CLAIM
from mock_server.unique_values import UniqueValues
from openapi.contract import Contract, Operation
from openapi.json_pointer import MISSING
from openapi.runtime_expression import parse_expression

if TYPE_CHECKING:
    from mock_server.responses.kept_operation import KeptOperation


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
        keepers: ResourceKeepers,
        on_success: OnSuccess | None = None,
    ) -> None:
        """Read the causes of the operation.

        `secret` signs the tokens in the response. The same `seed` gives the same responses, except
        `unique_values`. `keepers` keep the resources of operations that have some. `on_success`
        runs in the transaction of each success.
        """
        self._contract = contract
        self._operation = operation
        self._secret = secret
        self._seed = seed
        self._unique_values = unique_values
        self._store = store
        self._keepers = keepers
        self._on_success = on_success
        self._claim_expressions = [parse_expression(text) for text in operation.duplicate_values]

    @cached_property
    def _success(self) -> Success:
        """Success without new values, read from the contract when the first request needs it."""
        return read_success(self._contract, self._operation, self._seed)

    @cached_property
    def _kept(self) -> "KeptOperation | None":
        """The operation on kept resources; None if it neither makes nor needs one."""
        if not self._keepers.may_keep:
            return None
        # Most contracts of one operation keep nothing, and the model takes time to load.
        from mock_server.responses.kept_operation import KeptOperation  # noqa: PLC0415

        kept = KeptOperation(self._keepers, self._operation, self._secret, self._on_success)
        return kept if kept.is_needed else None

    async def __call__(
        self, exchange: MockExchange, scope: Scope, _receive: Receive
    ) -> HttpResponse:
        """Return the success; raise the rejection of an unknown resource or a duplicate request."""
        if self._kept is not None:
            return await self._kept.respond(exchange, scope)
        success = self._success
        headers = with_missing_headers(exchange.headers, success.headers)
        if success.schema is None:
            response = HttpResponse(success.status, headers, b"")
        else:
            value = success.fresh_value(exchange, self._unique_values, self._secret)
            response = content_response(success.status, value, headers, success.media_type)
        # The commit is the last step, so that a failed request changes nothing.
        await self._commit_change(exchange, scope, response)
        return response

    async def _commit_change(
        self, exchange: MockExchange, scope: Scope, response: HttpResponse
    ) -> None:
        claim_values = [exchange.evaluate(part) for part in self._claim_expressions]
        claim = (
            f"{self._operation.id} {json.dumps(claim_values)}"
            if claim_values and MISSING not in claim_values
            else None
        )
        if claim is None and not self._success.credentials:
            if self._on_success is not None and not self._operation.is_safe:
                await self._store.run(partial(self._on_success, exchange, scope, response))
            return
        tenant = exchange.claims.get(TENANT_CLAIM)
        if claim is not None and tenant:
            claim = f"{json.dumps(tenant)} {claim}"
        body = exchange.body if self._success.credentials else None
        change = StateChange(self._operation.id, claim, body)
        on_success = self._on_success and partial(self._on_success, exchange, scope, response)
        conflict = await self._store.commit_change(change, on_success)
        if conflict is not None:
            raise RequestRejected(conflict, "")
