"""Sequences of a run: those of each resource, in turn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.execution.estimate import OperationEstimate
from contracts.execution.operation_session import OperationSession
from contracts.model.errors import RunStopped
from contracts.resource_sequences import lifecycle, lists
from contracts.resource_sequences.client import ResourceClient
from openapi.contract import Contract
from openapi.resources.derivation import find_resources

PHASE = "resource sequences"


@dataclass(frozen=True, slots=True)
class SequenceSize:
    """Size of the sequences in a profile."""

    bodies: int
    """Number of different bodies of resources that are created and read."""
    properties: int
    """Number of properties that are changed."""
    items: int
    """Number of items that a list must have."""
    filters: int


SIZES: Mapping[str, SequenceSize] = {
    "quick": SequenceSize(bodies=2, properties=4, items=3, filters=2),
    "default": SequenceSize(bodies=4, properties=12, items=5, filters=6),
    "thorough": SequenceSize(bodies=8, properties=40, items=7, filters=20),
}


def send_sequences(
    contract: Contract, sessions: Sequence[OperationSession], progress: Callable[[str], None]
) -> list[str]:
    """Send the sequences of every resource; return one sentence for each part left undecided.

    A resource whose creation never succeeded in the run has none.
    """
    usable = {session.operation.id: session for session in sessions if _is_usable(session)}
    undecided: list[str] = []
    number = 0
    for resource in find_resources(contract):
        if resource.create.id not in usable:
            continue
        progress(f"sequences on {resource.name} ...")
        given_up: set[str] = set()
        for send in _sequences(usable[resource.create.id]):
            number += 1
            try:
                send(ResourceClient(resource, usable, number, given_up))
            except RunStopped as stop:
                undecided.append(f"the sequences on {resource.name} were cut short: {stop}")
                if not stop.intentional:
                    break
    return undecided


def estimate_sequences(
    contract: Contract, sessions: Sequence[OperationSession]
) -> list[OperationEstimate]:
    """Return the estimate for the sequences on each resource, without repeated requests."""
    if not sessions or not sessions[0].settings.selection.sends(PHASE):
        return []
    size, known = SIZES[sessions[0].settings.profile], {s.operation.id for s in sessions}
    found = []
    for resource in find_resources(contract):
        if resource.create.id not in known:
            continue
        usable = {role for name, role in resource.roles.items() if name in known}
        changed = min(len(resource.properties.get(resource.create.id, ())), size.properties)
        created = size.bodies + 2 * ("change" in usable or "replace" in usable)
        created += 2 * ("delete" in usable) + size.items * ("list" in usable)
        created += 2 * len(resource.actions)
        requests = 2 * created + 2 * changed * ("change" in usable) + 5 * ("delete" in usable)
        requests += (4 + 2 * size.filters) * ("list" in usable)
        label = f"sequences on {resource.name}"
        found.append(OperationEstimate(label, requests, created))
    return found


def _is_usable(session: OperationSession) -> bool:
    """Return whether the run may send requests to the operation, and it has accepted one.

    An operation on one resource may have failed, because the service lacks what it created.
    """
    marked = session.incomplete
    if marked is not None and marked.status == "not exercised":
        return False
    if not session.operation.is_safe:
        return any(e.has_status_of("valid-request") for e in session.exchanges)
    return bool(session.exchanges)


def _sequences(session: OperationSession) -> Iterator[Callable[[ResourceClient], None]]:
    size = SIZES[session.settings.profile]
    yield lambda client: lifecycle.create_and_read(client, size.bodies)
    yield lambda client: lifecycle.change_and_read(client, size.properties)
    yield lifecycle.delete_and_read
    yield lambda client: lists.list_and_page(client, size.items, size.filters)
    yield lifecycle.repeat_keys
    if token := session.settings.other_tenant_token:
        yield lambda client: lifecycle.try_other_tenant(client, token)
