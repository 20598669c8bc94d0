"""Error body in the contract's format, and the place of its message."""

import copy
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from mock_server.messages import Headers
from mock_server.responses.content import preferred_content
from mock_server.responses.headers import required_headers
from openapi.contract import Contract, Json, ResponseSpec
from openapi.examples import body_example
from openapi.json_pointer import join_pointer, set_at
from openapi.schemas.validation import Schema

_MAX_DEPTH = 8
"""Depth of a message in a body; schemas may be recursive."""


@dataclass(frozen=True, slots=True)
class ErrorBodyTemplate:
    """Template of an error body: an example and the place of the message."""

    media_type: str
    example: Json
    message_pointer: str | None
    """Pointer to the message; None if no string may have any value."""
    schema: Schema | None = None
    headers: Headers = ()
    """Further required headers of the response."""
    max_message_length: int = sys.maxsize
    """Maximum length of the message."""

    def with_message(self, message: str) -> Json:
        """Return the example with `message` set; return it unchanged if that would be invalid."""
        if not message or self.message_pointer is None:
            return self.example
        if len(message) > self.max_message_length:
            message = message[: self.max_message_length - 1] + "\u2026"
        body = copy.deepcopy(self.example)
        try:
            set_at(body, self.message_pointer, message)
        except LookupError:  # an example that breaks its schema
            return self.example
        return self.example if self.schema and not self.schema.is_valid(body) else body

    def for_status(self, status: int) -> "ErrorBodyTemplate":
        """Return a template for another status, whose reason phrase replaces the strings."""
        phrase = reason_phrase(status)
        body = copy.deepcopy(self.example)
        if isinstance(body, dict):
            code = re.sub(r"\W+", "_", phrase).upper()
            body_with_codes = body | {
                key: code for key, value in body.items() if isinstance(value, str)
            }
            body = (
                body_with_codes
                if self.schema is None or self.schema.is_valid(body_with_codes)
                else body
            )
        template = replace(self, example=body, headers=())
        return replace(template, example=template.with_message(phrase))


def reason_phrase(status: int) -> str:
    """Return the reason phrase of `status`; `Error` for one that is not registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


DEFAULT_ERROR_BODY = ErrorBodyTemplate("application/json", {"message": "", "code": ""}, "/message")
"""Template for a contract without error bodies."""


def error_body_template(
    contract: Contract, response_spec: ResponseSpec, seed: int
) -> ErrorBodyTemplate | None:
    """Return the template for the body of `response_spec`, or None without a body."""
    content = preferred_content(response_spec)
    if content is None:
        return None
    media_type, pointer = content
    rng = random.Random(f"{seed}/{pointer}")  # noqa: S311 - examples, not secrets
    message_pointer, max_message_length = next(
        _message_places(contract, contract.at(pointer), ""), (None, sys.maxsize)
    )
    return ErrorBodyTemplate(
        media_type,
        body_example(contract, pointer, rng),
        message_pointer,
        contract.schema(pointer),
        required_headers(contract, response_spec, rng),
        max_message_length,
    )


def _message_places(
    contract: Contract, schema: Json, place: str, depth: int = 0
) -> Iterator[tuple[str, int]]:
    """Yield place and maximum length of each unconstrained required string, outermost first."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    parts = schema.get("properties", {})
    required = {
        name: contract.at(part["$ref"][1:]) if "$ref" in part else part
        for name in schema.get("required", ())
        if isinstance(part := parts.get(name), dict)
    }
    for name, part in required.items():
        if not isinstance(part, dict):
            continue
        if part.get("type") == "string" and not {"enum", "const", "format", "pattern"} & {*part}:
            yield join_pointer(place, name), part.get("maxLength", sys.maxsize)
    for name, part in required.items():
        yield from _message_places(contract, part, join_pointer(place, name), depth + 1)
