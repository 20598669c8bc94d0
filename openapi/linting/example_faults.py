"""Explanation of an invalid example: the place in it, and what the schema says there."""

from collections.abc import Iterator
from typing import Any

from openapi.contract import Contract
from openapi.json_pointer import get_at, join_pointer
from openapi.linting.document import LintedDocument
from openapi.schemas.validation import SchemaViolation, abbreviate

_MAX_DEPTH = 4
"""Maximum of combinations within combinations, because schemas may be recursive."""
_OF_THE_WHOLE = ("type", "const", "enum", "false")
"""Keywords that say that a value is of another kind than a branch of a combination."""


def explain(
    document: LintedDocument, violation: SchemaViolation, value: Any, direction: str, depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield place and message of a violation in the example `value`.

    Where no branch of `anyOf` or `oneOf` accepts the value, the nearest branch explains it.
    """
    contract, pointer = document.contract, document.as_stated(violation.pointer)
    place, part = violation.instance, get_at(value, violation.instance)
    if violation.keyword in ("anyOf", "oneOf"):
        found = _branches(contract, violation.pointer, part, direction)
        accepting = sum(not violations for violations in found)
        if accepting:
            message = f"{abbreviate(part)} is valid by {accepting} schemas instead of one"
            yield place, f"the example breaks {pointer}: {message}"
            return
        nearest = min(found, key=_distance, default=())
        if nearest and depth < _MAX_DEPTH and not _distance(nearest)[0]:
            for one in nearest:
                for inside, message in explain(document, one, part, direction, depth + 1):
                    nearest_of = "" if depth else f" (nearest schema of {pointer})"
                    yield place + inside, message + nearest_of
            return
    yield place, f"the example breaks {pointer}: {_message(contract, violation, part)}"


def _branches(
    contract: Contract, pointer: str, part: Any, direction: str
) -> list[tuple[SchemaViolation, ...]]:
    stated = get_at(contract.document, pointer)
    return [
        contract.directed_schema(join_pointer(pointer, number), direction).violations(part, 3)
        for number in range(len(stated) if isinstance(stated, list) else 0)
    ]


def _distance(violations: tuple[SchemaViolation, ...]) -> tuple[bool, int]:
    """Return whether the whole value is of another kind, and the number of violations."""
    return any(not v.instance and v.keyword in _OF_THE_WHOLE for v in violations), len(violations)


def _message(contract: Contract, violation: SchemaViolation, part: Any) -> str:
    if violation.keyword == "additionalProperties" and isinstance(part, dict):
        schema: Any = get_at(contract.document, violation.pointer.rpartition("/")[0])
        known = schema.get("properties", {}) if isinstance(schema, dict) else {}
        extra = [name for name in part if name not in known]
        if schema.get("additionalProperties") is False and extra:
            return f"{', '.join(map(repr, extra[:5]))} is no property of the schema"
    return violation.message
