"""The answers that the contract documents for one operation, to be had by status or by example."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from mock_server.middleware.prefer_header import Preferences
from mock_server.responses.handler import success_of
from openapi.contract import Contract, Json, Operation, Response
from openapi.examples import Example, example, named_examples, sample

_FINAL = re.compile(r"[2-5][0-9]{2}", re.ASCII)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED)
_TRIES = 50
"""Values made from a schema until one is valid: the maker does not read every keyword."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer that was asked for."""

    response: Response
    status: int
    body: Example | None
    """None: the answer has no content."""


class Documented:
    """Finds the answer that a client prefers."""

    def __init__(self, contract: Contract, operation: Operation, seed: int | None) -> None:
        """Read the examples; with the same `seed` the values made from schemas are the same."""
        self._contract = contract
        self._operation = operation
        self._seed = seed or 0
        self._choose = random.Random(None if seed is None else f"{seed}/{operation.id}/dynamic")  # noqa: S311
        self._examples = {
            status: named_examples(contract, response)
            for status, response in operation.responses.items()
            if not status.startswith("1")  # no final answer: another one follows it
        }

    def chosen(self, wanted: Preferences) -> Chosen | None:
        """Return what is asked for; None: no certain answer is. A `ValueError` lists what is."""
        if not (wanted.code or wanted.example or wanted.dynamic):
            return None
        if wanted.code:
            response, status = self._by_code(wanted.code)
        else:
            found = self._with_example(wanted.example) if wanted.example else None
            response = found or success_of(self._operation)
            status = self._status(response)
        body = self._body(response, wanted)
        return Chosen(response, status, None if status in _BODILESS else body)

    def _body(self, response: Response, wanted: Preferences) -> Example | None:
        if wanted.example:
            return self._named(response, wanted.example)
        for media_type, schema in response.content.items():
            value = self._made(schema) if wanted.dynamic else self._shown(schema)
            return Example(media_type, value)
        return None

    def _by_code(self, code: str) -> tuple[Response, int]:
        known = {status.lower(): self._operation.responses[status] for status in self._examples}
        stated = known.get(code.lower())
        if stated is not None:
            return stated, self._status(stated)
        wider = known.get(f"{code[0]}xx", known.get("default"))
        if _FINAL.fullmatch(code) and wider is not None:
            return wider, int(code)
        raise ValueError(
            f"code={code} is not documented for {self._operation.id}; {_there(self._examples)}"
        )

    def _status(self, response: Response) -> int:
        """Return a status that `response` may have: its own, or one that no other answer has."""
        stated, others = response.status, self._operation.responses
        if stated.isdecimal():
            return int(stated)
        if stated.lower() == "default":
            return 500 if any(status.startswith("2") for status in others) else 200
        of_its_kind = [s.value for s in HTTPStatus if str(s.value)[0] == stated[0]]
        free = (status for status in of_its_kind if str(status) not in others)
        return next(free, of_its_kind[0])

    def _with_example(self, name: str) -> Response:
        statuses = sorted(self._examples, key=lambda status: not status.startswith("2"))
        for status in statuses:
            if name in self._examples[status]:
                return self._operation.responses[status]
        every = dict.fromkeys(n for status in statuses for n in self._examples[status])
        raise ValueError(
            f"example={name}: no answer of {self._operation.id} has this example; {_there(every)}"
        )

    def _named(self, response: Response, name: str) -> Example:
        known = self._examples[response.status]
        if name in known:
            return known[name]
        raise ValueError(
            f"example={name}: the {response.status} of {self._operation.id} does not have this "
            f"example; {_there(known)}"
        )

    def _shown(self, schema: str) -> Json:
        choose = random.Random(f"{self._seed}/{schema}")  # noqa: S311 - examples, not secrets
        return example(self._contract, schema, choose)

    def _made(self, schema: str) -> Json:
        compiled, stated = self._contract.schema(schema), self._contract.at(schema)
        made = (sample(self._contract, stated, self._choose) for _ in range(_TRIES))
        return next((value for value in made if compiled.is_valid(value)), self._shown(schema))


def _there(names: Iterable[str]) -> str:
    return f"there are: {', '.join(names) or 'none'}"
