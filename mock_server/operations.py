"""What answers: each operation as the contract describes it, with fresh secrets and identities."""

import json
import uuid
from collections.abc import Callable, Mapping

from starlette.types import Receive, Scope, Send

from mock_server.answer import Answer, json_answer
from mock_server.exchange import Exchange, exchange_of
from mock_server.marks import example, marked
from mock_server.problems import Refusal
from mock_server.state import Taken
from mock_server.tokens import mint
from openapi import expression
from openapi.document import Contract, Json, Operation, Response
from openapi.formats import instant
from openapi.pointer import MISSING, put


class Endpoint:
    """The end of the journey of a request that nobody refused."""

    def __init__(self, contract: Contract, taken: Taken, secret: str) -> None:
        """Read the answers of every operation; `secret` signs the tokens that they hold."""
        self._answers = {
            operation.id: Creation(contract, operation, taken, secret)
            for operation in contract.operations
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the request as its operation does."""
        exchange = exchange_of(scope)
        if exchange.operation is None:
            raise Refusal(404, "There is nothing at this path")
        exchange.answer = self._answers[exchange.operation.id](exchange)
        await exchange.answer.send(send)


class Creation:
    """One operation: its successful answer, and what may be asked for only once."""

    def __init__(self, contract: Contract, operation: Operation, taken: Taken, secret: str) -> None:
        """Read the answer's example and its marks."""
        response = _success(operation)
        self._id = operation.id
        self._taken = taken
        self._secret = secret
        self._status = int(response.status) if response.status.isdecimal() else 200
        self._media_type, pointer = next(iter(response.content.items()), ("", ""))
        self._example = json.dumps(example(contract, pointer)) if pointer else ""
        schema = contract.at(pointer) if pointer else {}
        credentials = {
            place: {key: expression.parse(text) for key, text in stated.items() if key != "scheme"}
            for place, stated in marked(contract, schema, "x-credential")
        }
        self._fresh: dict[str, Callable[[Exchange], str]] = {
            **{
                place: _identity for place, unique in marked(contract, schema, "x-unique") if unique
            },
            **{place: self._credential(parts) for place, parts in credentials.items()},
        }
        once = operation.answer_to("repeated-request")
        self._keeping = [expression.parse(text) for text in once.provoke["keeping"]] if once else []

    def __call__(self, exchange: Exchange) -> Answer:
        """Return the successful answer, or refuse what is taken."""
        if not self._media_type:
            answer = Answer(self._status, exchange.headers, b"")
        else:
            value = json.loads(self._example)
            for place, make in self._fresh.items():
                put(value, place, make(exchange))
            answer = json_answer(self._status, value, exchange.headers, self._media_type)
        # Last, and nothing can fail after it: what was refused or went wrong takes nothing.
        kept = [exchange.find(part) for part in self._keeping]
        if kept and MISSING not in kept and not self._taken.claim(self._id, json.dumps(kept)):
            raise Refusal("repeated-request", "")
        return answer

    def _credential(self, parts: Mapping[str, expression.Expression]) -> Callable[[Exchange], str]:
        def make(exchange: Exchange) -> str:
            found = {key: exchange.find(part) for key, part in parts.items()}
            moment = instant(found.get("expires"))
            return mint(
                self._secret,
                _texts(found.get("permissions")),
                None if moment is None else moment // 10**9,
                revoked=found.get("revoked") is True,
            )

        return make


def _success(operation: Operation) -> Response:
    meant = operation.answer_to("valid-request")
    first = (r for status, r in operation.responses.items() if status.startswith("2"))
    found = meant or next(first, None)
    return found or next(iter(operation.responses.values()))


def _identity(_exchange: Exchange) -> str:
    return str(uuid.uuid4())


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
