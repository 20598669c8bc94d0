"""Finding: a violated constraint, with a message and its pointer in the contract."""

from dataclasses import dataclass

from openapi.contract import Contract


@dataclass(frozen=True, slots=True)
class Finding:
    """Violated constraint."""

    check: str
    severity: str
    """`violation` or `warning`."""
    provenance: str
    """`documented`, `implied` or `assumed`."""
    pointer: str
    """Pointer of the constraint in the contract."""
    instance: str | None
    """Pointer of the value that violates it, or None."""
    message: str
    count: int = 1
    """Number of cases that violated it."""
    tried: int = 1
    """Number of cases that decided it."""
    detail: str = "*"
    """Part of the keyword, such as the property of `required`."""

    @property
    def located_message(self) -> str:
        """Message with the place of the value."""
        return locate(self.message, self.instance)


def locate(message: str, instance: str | None) -> str:
    """Return `message` with the place of the value before it, unless it names the place.

    The empty pointer is the body. A message may name a header in another case.
    """
    if instance is None or (not instance and "the body" in message):
        return message
    header = instance[1:] if "-" in instance else ""
    if (instance and instance in message) or (header and header in message.lower()):
        return message
    return f"{instance or 'the body'}: {message}"


def make_finding(
    contract: Contract,
    check: str,
    pointer: str,
    message: str,
    *,
    instance: str | None = None,
    detail: str = "*",
) -> Finding:
    """Return a finding with the severity of the provenance of `pointer` and `detail`."""
    known = contract.provenance(pointer, detail)
    return Finding(check, known.severity, known.level, pointer, instance, message, detail=detail)
