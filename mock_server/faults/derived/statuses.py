"""Faults of statuses, derived from the contract: a wrong status, or a missing 429."""

from collections.abc import Iterator, Mapping

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault, replace_status
from mock_server.faults.derived.mutations import name_if_ambiguous, slug
from mock_server.faults.derived.responses import elicitable_responses, fault_name_prefix
from openapi.contract import Contract, Operation, ResponseSpec
from openapi.json_pointer import join_pointer

WRONG_STATUSES: Mapping[str, tuple[int, ...]] = {
    "valid-request": (200, 201, 202, 500),
    "invalid-request": (422, 200, 500),
    "invalid-credential": (403, 400, 500),
    "insufficient-permission": (401, 404, 500),
    "duplicate-request": (400, 422, 500),
    "rate-limit-exceeded": (503, 403),
}
"""Statuses that services return by mistake, for each kind of `x-hookproof-cause`."""
_CREDENTIAL_CAUSES = ("invalid-credential", "insufficient-permission")


def derived_status_faults(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each response of each operation and each wrong status for it."""
    for operation in contract.operations:
        if (
            operation.rate_limit is not None
            and operation.response_caused_by("rate-limit-exceeded") is not None
        ):
            yield _rate_limit_ignored_fault(contract, operation)
        for response_spec in elicitable_responses(operation):
            cause = response_spec.cause["kind"]
            for wrong_status in WRONG_STATUSES.get(cause, (500,)):
                if operation.contradicts(cause, wrong_status):
                    yield _wrong_status_fault(contract, operation, response_spec, wrong_status)


def _rate_limit_ignored_fault(contract: Contract, operation: Operation) -> Fault:
    def rate_limit_check(allowed: bool, exchange: MockExchange) -> bool:
        return allowed or exchange.operation is operation

    return Fault(
        slug("rate-limit", name_if_ambiguous(contract.operations, operation.id), "ignored"),
        "responses",
        f"{operation.id} does not enforce its rate limit.",
        Hooks(rate_limit_check=rate_limit_check),
        contract.provenance(join_pointer(operation.pointer, "x-hookproof-rate-limit")).severity,
        needs_rate_limit=True,
        operation_id=operation.id,
    )


def _wrong_status_fault(
    contract: Contract, operation: Operation, response_spec: ResponseSpec, wrong_status: int
) -> Fault:
    cause = response_spec.cause["kind"]
    return Fault(
        slug("status", fault_name_prefix(contract, operation, response_spec), "as", wrong_status),
        "auth" if cause in _CREDENTIAL_CAUSES else "responses",
        f"{operation.id} returns {wrong_status} instead of {response_spec.status}.",
        Hooks(response=replace_status(cause, wrong_status, operation.id)),
        _severity(contract, operation, response_spec, wrong_status),
        needs_rate_limit=cause == "rate-limit-exceeded",
        operation_id=operation.id,
    )


def _severity(
    contract: Contract, operation: Operation, response_spec: ResponseSpec, wrong_status: int
) -> str:
    """Return the severity of a wrong status; a 5xx is always judged as a failure of the service."""
    if wrong_status >= 500:
        failure = operation.response_caused_by("server-error")
        pointer = (
            join_pointer(failure.pointer, "x-hookproof-cause") if failure else operation.pointer
        )
        return contract.provenance(pointer).severity
    if response_spec.cause["kind"] == "rate-limit-exceeded":
        return contract.provenance(
            join_pointer(operation.pointer, "x-hookproof-rate-limit")
        ).severity
    return contract.provenance(join_pointer(response_spec.pointer, "x-hookproof-cause")).severity
