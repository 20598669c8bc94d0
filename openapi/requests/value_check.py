"""Check of a value that a request carries as text, which may mean several values. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openapi.schemas.validation import SchemaViolation


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """Result of validating every reading of one value."""

    value: object
    """The first valid reading, else the first one."""
    violations: tuple[SchemaViolation, ...]
    """Violations of the first reading, if no reading is valid."""
    is_undecided: bool = False
    """Whether the contract does not decide: some readings are valid, or the text is not defined."""


def check_readings(
    values: Sequence[object],
    violations_of: Callable[[object], tuple[SchemaViolation, ...]],
    is_valid: Callable[[object], bool],
    *,
    is_defined: bool = True,
) -> ValueCheck:
    """Return the check of one value with these readings; `is_valid` decides about all but one."""
    first = violations_of(values[0])
    if len(values) == 1:
        return ValueCheck(values[0], first, not is_defined)
    valid = [] if first else [values[0]]
    valid += filter(is_valid, values[1:])
    is_split = 0 < len(valid) < len(values)
    return ValueCheck(
        valid[0] if valid else values[0], () if valid else first, is_split or not is_defined
    )
