"""Finding: a sentence about a broken constraint, and where the contract states it."""

from dataclasses import dataclass

from openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken constraint."""

    check: str
    severity: str
    """`violation` or `warning`."""
    provenance: str
    """`documented`, `implied` or `assumed`."""
    pointer: str
    """Where the contract states the constraint."""
    instance: str | None
    """Pointer to the value that breaks it, if there is one."""
    message: str
    count: int = 1
    """How many cases broke it."""
    tried: int = 1
    """How many cases tried it."""
    detail: str = "*"
    """Part of the keyword, such as the property of `required`."""


def make_finding(
    contract: Contract,
    check: str,
    pointer: str,
    message: str,
    *,
    instance: str | None = None,
    detail: str = "*",
) -> Finding:
    """Make a finding whose severity follows from the provenance of `pointer` (and `detail`)."""
    known = contract.provenance(pointer, detail)
    return Finding(check, known.severity, known.level, pointer, instance, message, detail=detail)
