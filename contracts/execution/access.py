"""Access to the operations of a run: which it cannot test, for lack of a credential, and why."""

from collections.abc import Iterator, Mapping, Sequence

from contracts.execution.operation_session import OperationSession
from contracts.model.given_credentials import NotTested, find_accesses, reason_not_tested
from contracts.model.settings import Settings
from openapi.contract import Contract, Operation
from openapi.security import SecurityScheme

REJECTED_STATUSES = (401, 403)


def find_not_tested(contract: Contract, settings: Settings) -> dict[str, NotTested]:
    """Return why the run cannot test an operation, by operation id.

    An operation needs a credential, or a resource of an operation that needs one.
    """
    found = {
        operation.id: reason_not_tested(operation, settings)
        for operation in contract.operations
        if operation.response_caused_by("valid-request") and not find_accesses(operation, settings)
    }
    for operation in contract.operations if found else ():
        blocked = next((o for o in _creators(contract, operation) if o.id in found), None)
        if blocked is not None and operation.id not in found:
            found[operation.id] = NotTested(
                f"{operation.method} {operation.path} was not tested: it needs a resource of "
                f"{blocked.id}, for which there is no credential",
                found[blocked.id].hint,
                found[blocked.id].lacking,
            )
    return found


def _creators(contract: Contract, operation: Operation) -> Iterator[Operation]:
    """Yield the operation that creates the resource of `operation`, then that of this one."""
    made = contract.find_creator(operation)
    while made is not None:
        yield made[0]
        made = contract.find_creator(made[0])


def nothing_tested_sentence(not_tested: Mapping[str, NotTested]) -> str:
    """Return why a run without any operation cannot judge."""
    first = next(iter(not_tested.values()))
    if all(scheme.kind == "bearer" for scheme in first.lacking):
        return "no token was given: pass --token or HOOKPROOF_TOKEN (for the mock: hookproof token)"
    return f"{first.sentence}, or HOOKPROOF_CREDENTIAL"


def unsupported_sentences(sessions: Sequence[OperationSession]) -> Iterator[str]:
    """Yield a sentence for each operation whose requests lack a credential."""
    for session in sessions:
        schemes = session.credentials.access.unsupported
        if schemes:
            operation = session.operation
            yield (
                f"the requests to {operation.method} {operation.path} have no credential for "
                f"{_listed(schemes)}: hookproof does not support this scheme"
            )


def rejected_for_scheme(
    session: OperationSession, sessions: Sequence[OperationSession]
) -> NotTested | None:
    """Return why the service rejects a plain valid request, if an unsupported scheme may be why."""
    by_id = {other.operation.id: other for other in sessions}
    creators = (by_id.get(o.id) for o in _creators(session.contract, session.operation))
    chain = [session, *(creator for creator in creators if creator is not None)]
    schemes = [s for each in chain for s in each.credentials.access.unsupported]
    statuses = {each.exchanges[-1].status for each in chain if each.exchanges}
    if not schemes or not statuses & {*REJECTED_STATUSES}:
        return None
    operation = session.operation
    return NotTested(
        f"{operation.method} {operation.path} was not tested: the service rejects requests "
        f"without a credential for {_listed(schemes)}, which hookproof does not support",
        "",
    )


def _listed(schemes: Sequence[SecurityScheme]) -> str:
    return " and ".join(f"{scheme.name} ({scheme.stated})" for scheme in dict.fromkeys(schemes))
