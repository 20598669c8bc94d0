"""Guess of the secrets in responses: properties whose name or format says so."""

from collections.abc import Iterable, Iterator

from openapi.contract import Contract
from openapi.drafting.fields import Field, FieldReader
from openapi.drafting.words import split_words

_SECRET_WORDS = frozenset(["token", "secret", "password", "apikey", "passphrase"])
_KEY_WORDS = frozenset(["api", "private", "secret", "signing", "access"])
"""Words before `key` that make it a secret."""
_CURSOR_WORDS = frozenset(["next", "page", "continuation", "sync", "prev", "previous", "cursor"])
"""Words that make a token the place in a list."""


def guess_secrets(
    contract: Contract, reader: FieldReader, payloads: Iterable[str]
) -> tuple[dict[str, Field], tuple[str, ...]]:
    """Return the secrets by the pointer of their schema, and the names of doubtful ones.

    A secret appears in one response only. A property that several responses or one of the webhooks'
    `payloads` have may be none, or they may all repeat it.
    """
    sent = {field.schema for one in payloads for field in reader.fields_of(one)}
    places: dict[str, set[str]] = {}
    known: dict[str, Field] = {}
    for operation, field in _secret_fields(contract, reader):
        places.setdefault(field.schema, set()).add(operation)
        known[field.schema] = field
    once = {schema: field for schema, field in known.items() if len(places[schema]) == 1}
    once = {schema: field for schema, field in once.items() if schema not in sent}
    doubtful = {field.name for schema, field in known.items() if schema not in once}
    return once, tuple(sorted(doubtful))


def _secret_fields(contract: Contract, reader: FieldReader) -> Iterator[tuple[str, Field]]:
    """Yield operation and field of each secret in a response to a valid request."""
    for operation in contract.operations:
        if operation.is_safe:
            continue  # what can be read twice appears twice
        for response in operation.responses_caused_by("valid-request"):
            for schema in dict.fromkeys(response.content.values()):
                for field in reader.fields_of(schema):
                    if is_secret(field):
                        yield operation.id, field


def is_secret(field: Field) -> bool:
    """Return whether the name or the format of a string says that it is a secret."""
    if field.types != {"string"} or field.is_constant:
        return False
    words = split_words(field.name)
    if field.format == "password":
        return True
    if not words or _CURSOR_WORDS & {*words}:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] == "key" and bool(_KEY_WORDS & {*words[:-1]}))
