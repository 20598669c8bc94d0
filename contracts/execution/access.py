"""Access to the operations of a run: which it cannot test, for lack of a credential, and why."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from contracts.execution.operation_session import OperationSession
from contracts.model.given_credentials import NotTested, find_accesses, reason_not_tested
from contracts.model.selection import IncompleteOperation
from contracts.model.settings import Settings
from openapi.contract import Contract, Operation
from openapi.security import SecurityScheme


def find_not_tested(contract: Contract, settings: Settings) -> tuple[IncompleteOperation, ...]:
    """Return the operations that the run cannot test for lack of a credential.

    An operation needs a credential, or a resource of an operation that needs one.
    """
    return tuple(
        IncompleteOperation(
            operation,
            "undecided" if why.hint else "not exercised",
            why.reason,
            judged=False,
            hint=why.hint,
        )
        for operation, why in _lacking_credentials(contract, settings).items()
    )


def _lacking_credentials(contract: Contract, settings: Settings) -> dict[str, NotTested]:
    """Return why the run cannot test an operation, by operation id."""
    found = {
        operation.id: reason_not_tested(operation, settings)
        for operation in contract.operations
        if operation.accepts_valid_requests and not find_accesses(operation, settings)
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
    while made is not None and not made[1].is_inferred:
        yield made[0]
        made = contract.find_creator(made[0])


def nothing_tested_sentence(contract: Contract, settings: Settings) -> str:
    """Return why a run without any operation cannot judge."""
    first = next(iter(_lacking_credentials(contract, settings).values()))
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


def rejection_advice(session: OperationSession, status: int) -> str:
    """Return what to do about a 401 or 403 to a plain valid request."""
    access = session.credentials.access
    if access.unsupported:
        return (
            "the service rejects requests without a credential for "
            f"{_listed(access.unsupported)}, which hookproof does not support"
        )
    given = access.credentials
    if not given:
        return "the service requires a credential, but the contract does not"
    names = " and ".join(one.scheme.name for one in given)
    credential, options = f"credential for {names}", "--credential or HOOKPROOF_CREDENTIAL"
    if all(one.value == session.settings.token for one in given):
        credential, options = "token", "--token or HOOKPROOF_TOKEN"
    if status == HTTPStatus.FORBIDDEN:
        return f"the {credential} lacks a permission: pass another with {options}"
    return f"the service rejects the {credential}: pass a valid one with {options}"


def _listed(schemes: Sequence[SecurityScheme]) -> str:
    return " and ".join(f"{scheme.name} ({scheme.stated})" for scheme in dict.fromkeys(schemes))
