"""Test whether a value satisfies schemas of a contract, in one direction."""

from collections.abc import Iterable
from typing import Any

from openapi.contract import Contract
from openapi.schemas.validation import Schema

Json = Any
_KEY = "x-hookproof-generated"
_MAX_COMPILED = 4096


class SchemaTests:
    """Compiled schemas of one contract for one direction, by their identity."""

    def __init__(self, contract: Contract, direction: str | None) -> None:
        """Take the direction: a schema without a pointer does not tell it."""
        self._contract = contract
        self._direction = direction
        self._compiled: dict[int, tuple[Json, Schema]] = {}

    def allow(self, schemas: Iterable[Json], value: Json) -> bool:
        """Return whether `value` satisfies all `schemas`."""
        return all(
            schema if isinstance(schema, bool) else self._schema(schema).is_valid(value)
            for schema in schemas
        )

    def _schema(self, schema: Json) -> Schema:
        known = self._compiled.get(id(schema))
        if known is None:
            if len(self._compiled) >= _MAX_COMPILED:
                self._compiled.clear()
            document = {**self._contract.document, _KEY: schema}
            known = (schema, Schema(document, f"/{_KEY}", {}, self._direction))
            self._compiled[id(schema)] = known
        return known[1]
