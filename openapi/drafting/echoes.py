"""Guess of the payload's values that repeat the request or its response."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openapi.contract import Operation
from openapi.drafting.fields import Field, FieldReader
from openapi.drafting.words import nouns, split_words
from openapi.json_pointer import join_pointer
from openapi.media_type import body_kind
from openapi.parameters import path_parameter_names
from openapi.schemas.direction import REQUEST

_IDENTITY = frozenset(["id", "uuid", "guid", "number", "key"])
"""Last words of names of values that identify a resource, and so an exchange that creates it."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Value of the payload that repeats one of an exchange."""

    source: str
    """Runtime expression of the value in the exchange."""
    to: str
    """Pointer of the value in the payload."""
    is_identity: bool
    """Whether it identifies the exchange."""


def guess_echoes(reader: FieldReader, operation: Operation, payload: str) -> tuple[Echo, ...]:
    """Return the echoes in an event of `operation` whose payload has the schema at `payload`."""
    exchange = _Exchange(reader, operation)
    every = reader.fields_of(payload)
    parents = dict.fromkeys(field.parent for field in every)
    found = [
        tuple(_echoes_in(exchange, [field for field in every if field.parent == parent]))
        for parent in parents
    ]
    return max(found, key=len, default=())


class _Exchange:
    """Values of the exchanges of one operation."""

    def __init__(self, reader: FieldReader, operation: Operation) -> None:
        body = operation.body.schema if operation.body else None
        success = operation.response_caused_by("valid-request")
        answer = next(
            (schema for name, schema in success.content.items() if body_kind(name) == "json"), None
        ) if success else None  # fmt: skip
        self.request = _outer(reader.fields_of(body, REQUEST)) if body else {}
        self.response = _outer(reader.fields_of(answer)) if answer else {}
        named = path_parameter_names(operation.path)
        self.member = named[-1] if named else ""
        """Name of the path parameter of the resource; empty without one."""
        segments = [part for part in operation.path.split("/") if part and part[0] != "{"]
        self.resource = nouns(split_words(segments[-1]))[-1:] if segments else []


def _outer(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields if not field.parent}


def _echoes_in(exchange: _Exchange, fields: Sequence[Field]) -> Iterator[Echo]:
    """Yield the echoes among the properties of one object of the payload."""
    for field in fields:
        if field.is_constant or not field.is_comparable:
            continue
        words = split_words(field.name)
        is_member_id = words in (["id"], [*exchange.resource, "id"])
        sent, received = exchange.request.get(field.name), exchange.response.get(field.name)
        if received is None and is_member_id:
            received = exchange.response.get("id")
        if sent is not None and sent.is_required and sent.fits(field) and "array" not in sent.types:
            yield _echo("$request.body", sent, field)
        elif received is not None and received.fits(field):
            yield _echo("$response.body", received, field)
        elif exchange.member and (is_member_id or field.name == exchange.member):
            yield Echo(f"$request.path.{exchange.member}", field.pointer, True)
        elif sent is not None and sent.fits(field) and "array" not in sent.types:
            yield _echo("$request.body", sent, field)


def _echo(source: str, field: Field, to: Field) -> Echo:
    is_received = source == "$response.body"
    words = split_words(field.name)
    is_text = field.types <= {"string", "integer"}
    return Echo(
        f"{source}#{join_pointer('', field.name)}",
        to.pointer,
        is_identity=is_received and is_text and bool(words) and words[-1] in _IDENTITY,
    )
