"""Step of a sequence: a request on a resource, after others on the same one."""

from dataclasses import dataclass

from openapi.resources.model import Resource


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """Place of a request in a sequence."""

    sequence: int
    """Number of the sequence in the run, from 1."""
    resource: Resource
    walk: int = 0
    """Number of the walk through a list, from 1 in each sequence; 0 for other requests."""
    repeats: int = 0
    """Number of the request that this one repeats, because its response showed an older state."""
    first: int = 0
    """Number of the request whose idempotency key this one sends again; 0 for other requests."""
