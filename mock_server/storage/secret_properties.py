"""Secret properties of responses: those that the contract marks with `x-hookproof-secret`.

The mock generates their values, so no redaction of known secrets finds them.
"""

import json
from collections.abc import Collection
from functools import cached_property

from openapi import strict_json
from openapi.contract import Contract
from openapi.extensions import extended_properties
from openapi.redaction import REDACTED

_KEYWORDS = ("x-hookproof-secret", "x-hookproof-credential")


class SecretProperties:
    """Names of the secret properties of a contract."""

    def __init__(self, contract: Contract) -> None:
        """Read `contract` when the first body is redacted."""
        self._contract = contract

    def redact(self, text: str) -> str:
        """Return the body `text` of a response without the values of secret properties.

        A fault may move a property, so its name counts wherever it is. A body with the name that is
        not complete JSON is redacted as a whole.
        """
        if not any(name in text for name in self._names):
            return text
        parsed = strict_json.parse_json(text.encode(errors="surrogatepass"))
        return REDACTED if parsed.problem else json.dumps(_without(parsed.value, self._names))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(
            place.rpartition("/")[2]
            for operation in self._contract.operations
            for response_spec in operation.responses.values()
            for schema in response_spec.content.values()
            for place, _ in extended_properties(self._contract, schema, *_KEYWORDS)
        )


def _without(value: object, names: Collection[str]) -> object:
    """Return `value` without the values of properties with one of `names`; null stays."""
    if isinstance(value, dict):
        return {
            key: REDACTED if key in names and item is not None else _without(item, names)
            for key, item in value.items()
        }
    return [_without(item, names) for item in value] if isinstance(value, list) else value
