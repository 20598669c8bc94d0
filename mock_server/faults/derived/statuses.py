"""Faults of the status, derived from the contract: swapped for one that is near, or never given."""

from collections.abc import Iterator, Mapping

from mock_server.exchange import Behaviour, Exchange
from mock_server.fault import Fault, swapped
from mock_server.faults.derived.mutations import single, slug
from mock_server.faults.derived.responses import about, provoked
from openapi.contract import Contract, Operation, Response
from openapi.json_pointer import join

NEIGHBOURS: Mapping[str, tuple[int, ...]] = {
    "valid-request": (200, 201, 202, 500),
    "invalid-request": (422, 200, 500),
    "refused-credential": (403, 400, 500),
    "credential-without-permission": (401, 404, 500),
    "repeated-request": (400, 422, 500),
    "burst": (503, 403),
}
"""What services answer by mistake to each provocation of `x-provoke`."""
_AUTH = ("refused-credential", "credential-without-permission")


def derived_statuses(contract: Contract) -> Iterator[Fault]:
    """Yield a fault for each answer of each operation and each neighbour of its status."""
    for operation in contract.operations:
        if operation.rate_limit is not None and operation.answer_to("burst") is not None:
            yield _unlimited(contract, operation)
        for response in provoked(operation):
            by = response.provoke["by"]
            for instead in NEIGHBOURS.get(by, (500,)):
                if str(instead) != response.status:
                    yield _swapped(contract, operation, response, instead)


def _unlimited(contract: Contract, operation: Operation) -> Fault:
    def admitted(allowed: bool, exchange: Exchange) -> bool:
        return allowed or exchange.operation is operation

    return Fault(
        slug("rate-limit", single(contract.operations, operation.id), "ignored"),
        "answers",
        f"{operation.id} answers a client however often it asks.",
        Behaviour(admitted=admitted),
        contract.provenance(join(operation.pointer, "x-rate-limit")).severity,
        limited=True,
    )


def _swapped(contract: Contract, operation: Operation, response: Response, instead: int) -> Fault:
    by = response.provoke["by"]
    return Fault(
        slug("status", about(contract, operation, response), "as", instead),
        "auth" if by in _AUTH else "answers",
        f"{operation.id} answers {instead} where {response.status} is due.",
        Behaviour(answer=swapped(by, instead, operation.id)),
        _severity(contract, operation, response, instead),
        limited=by == "burst",
    )


def _severity(contract: Contract, operation: Operation, response: Response, instead: int) -> str:
    """Say what the wrong status is: a failure of the service is one whatever was due."""
    if instead >= 500:
        failure = operation.answer_to("failure-only")
        pointer = join(failure.pointer, "x-provoke") if failure else operation.pointer
        return contract.provenance(pointer).severity
    if response.provoke["by"] == "burst":
        return contract.provenance(join(operation.pointer, "x-rate-limit")).severity
    return contract.provenance(join(response.pointer, "x-provoke")).severity
