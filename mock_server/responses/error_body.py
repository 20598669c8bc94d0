"""How the body of an error looks by the contract, and where in it a reason can be told."""

import copy
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from mock_server.messages import Headers
from mock_server.responses.headers import required_headers
from openapi.contract import Contract, Json, Response
from openapi.examples import example
from openapi.json_pointer import join, put
from openapi.schema_validation import Schema


@dataclass(frozen=True, slots=True)
class Shape:
    """An error body: an example, and the place in it that tells the reason."""

    media_type: str
    example: Json
    telling: str | None
    """A pointer; None where every text has its values prescribed."""
    schema: Schema | None = None
    headers: Headers = ()
    """What the answer must carry besides."""
    room: int = sys.maxsize
    """How long the reason may be."""

    def saying(self, message: str) -> Json:
        """Return the example with `message` told in it, if it is one and that is allowed."""
        if not message or self.telling is None:
            return self.example
        if len(message) > self.room:
            message = message[: self.room - 1] + "\u2026"
        body = copy.deepcopy(self.example)
        put(body, self.telling, message)
        return self.example if self.schema and not self.schema.is_valid(body) else body

    def for_status(self, status: int) -> "Shape":
        """Return the same shape for another status: its phrase stands for every other text."""
        phrase = HTTPStatus(status).phrase
        body = copy.deepcopy(self.example)
        if isinstance(body, dict):
            code = re.sub(r"\W+", "_", phrase).upper()
            coded = body | {key: code for key, value in body.items() if isinstance(value, str)}
            body = coded if self.schema is None or self.schema.is_valid(coded) else body
        told = replace(self, example=body, headers=())
        return replace(told, example=told.saying(phrase))


PLAIN = Shape("application/json", {"message": "", "code": ""}, "/message")
"""The shape for a contract that documents none."""


def shape_of(contract: Contract, response: Response, seed: int) -> Shape | None:
    """Return the shape of the body of `response`, or None if it has none."""
    for media_type, pointer in response.content.items():
        choose = random.Random(f"{seed}/{pointer}")  # noqa: S311 - examples, not secrets
        telling, room = next(_texts(contract, contract.at(pointer), ""), (None, sys.maxsize))
        return Shape(
            media_type,
            example(contract, pointer, choose),
            telling,
            contract.schema(pointer),
            required_headers(contract, response, choose),
            room,
        )
    return None


def _texts(contract: Contract, schema: Json, place: str) -> Iterator[tuple[str, int]]:
    """Yield the places of required texts that may say anything, and the room; further up first."""
    parts = schema.get("properties", {})
    required = {
        name: contract.at(part["$ref"][1:]) if "$ref" in part else part
        for name in schema.get("required", ())
        if isinstance(part := parts.get(name), dict)
    }
    for name, part in required.items():
        if part.get("type") == "string" and not {"enum", "const", "format", "pattern"} & {*part}:
            yield join(place, name), part.get("maxLength", sys.maxsize)
    for name, part in required.items():
        yield from _texts(contract, part, join(place, name))
