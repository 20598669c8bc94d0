"""What answers: each operation as the contract describes it, with fresh secrets and identities."""

import json
import random
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from mock_server.exchange import Exchange, exchange_of
from mock_server.messages import Answer, json_answer
from mock_server.responses.errors import Refusal
from mock_server.responses.headers import completed, marked, required_headers
from mock_server.responses.resources import Directory
from mock_server.storage.database import Entry, Store
from mock_server.tokens import mint
from mock_server.unique_values import Identities
from openapi import runtime_expression
from openapi.contract import Contract, Json, Operation, Response
from openapi.examples import example
from openapi.formats import instant
from openapi.json_pointer import MISSING, put


class Endpoint:
    """The end of the journey of a request that nobody refused."""

    def __init__(
        self, contract: Contract, secret: str, seed: int, identities: Identities, store: Store
    ) -> None:
        """Read the answers of every operation; `secret` signs the tokens that they hold.

        The same `seed` makes the same answers, but for what `identities` makes.
        """
        self._answers = {
            operation.id: Success(contract, operation, secret, seed, identities, store)
            for operation in contract.operations
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the request as its operation does."""
        exchange = exchange_of(scope)
        if exchange.operation is None:
            raise Refusal(404, "There is nothing at this path")
        exchange.answer = await self._answers[exchange.operation.id](exchange)
        await exchange.answer.send(send)


class Success:
    """One operation: its successful answer, and what may be asked for only once."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        secret: str,
        seed: int,
        identities: Identities,
        store: Store,
    ) -> None:
        """Read the answer's example and its marks."""
        response = success_of(operation)
        choose = random.Random(f"{seed}/{operation.id}")  # noqa: S311 - examples, not secrets
        self._id = operation.id
        self._secret = secret
        self._identities = identities
        self._store = store
        self._directory = directory = Directory(contract, operation, store)
        self._status = int(response.status) if response.status.isdecimal() else 200
        self._headers = required_headers(contract, response, choose)
        self._media_type, pointer = next(iter(response.content.items()), ("", ""))
        if pointer:
            self._example = json.dumps(example(contract, pointer, choose))
            self._schema = contract.schema(pointer)
        schema = contract.at(pointer) if pointer else {}
        self._credentials = {
            place: {
                key: runtime_expression.parse(text)
                for key, text in stated.items()
                if key != "scheme"
            }
            for place, stated in marked(contract, schema, "x-credential")
        }
        unique = [place for place, said in marked(contract, schema, "x-unique") if said]
        named = {*unique, *directory.named_in_the_answer} - self._credentials.keys()
        self._fresh = sorted(named)  # always in the same order, for the same seed
        once = operation.answer_to("repeated-request")
        self._keeping = (
            [runtime_expression.parse(text) for text in once.provoke["keeping"]] if once else []
        )

    async def __call__(self, exchange: Exchange) -> Answer:
        """Return the successful answer, or refuse what is unknown or taken."""
        if not self._directory.knows(exchange):
            raise Refusal("unknown-resource", "There is nothing of this name")
        headers = completed(exchange.headers, self._headers)
        value: Json = None
        if not self._media_type:
            answer = Answer(self._status, headers, b"")
        else:
            value = json.loads(self._example)
            for place in self._fresh:
                self._identities.renew(value, place, self._schema)
            for place, parts in self._credentials.items():
                put(value, place, self._credential(exchange, parts))
            answer = json_answer(self._status, value, headers, self._media_type)
        # Last, and nothing can fail after it: what was refused or went wrong takes nothing.
        await self._enter(exchange, answer)
        return answer

    async def _enter(self, exchange: Exchange, answer: Answer) -> None:
        kept = [exchange.find(part) for part in self._keeping]
        claim = f"{self._id} {json.dumps(kept)}" if kept and MISSING not in kept else None
        added = self._directory.added(exchange, answer)
        removed = self._directory.removed(exchange)
        if claim is None and not added and removed is None and not self._credentials:
            return
        refused = await self._store.enter(Entry(self._id, claim, exchange.body, added, removed))
        if refused is not None:
            raise Refusal(refused, "")

    def _credential(
        self, exchange: Exchange, parts: Mapping[str, runtime_expression.Expression]
    ) -> str:
        found = {key: exchange.find(part) for key, part in parts.items()}
        moment = instant(found.get("expires"))
        return mint(
            self._secret,
            _texts(found.get("permissions")),
            None if moment is None else moment // 10**9,
            revoked=found.get("revoked") is True,
        )


def success_of(operation: Operation) -> Response:
    """Return the answer to a request that is in order."""
    meant = operation.answer_to("valid-request")
    first = (r for status, r in operation.responses.items() if status.startswith("2"))
    found = meant or next(first, None)
    return found or next(iter(operation.responses.values()))


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
