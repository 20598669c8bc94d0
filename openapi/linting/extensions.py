"""Rules about the `x-hookproof-` extensions: causes, unique values, redelivery of events."""

from collections.abc import Iterator

from openapi.contract import Operation
from openapi.extensions import extended_properties
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.linting.document import Fault, LintedDocument

UNIQUE = "x-hookproof-unique"


def repeated_causes(document: LintedDocument) -> Iterator[Fault]:
    """Yield responses with the cause of an earlier response of the same operation."""
    for operation in document.contract.operations:
        if operation.has_default_causes:
            continue
        first: dict[str, str] = {}
        for status, response in operation.responses.items():
            kind = response.cause.get("kind")
            if kind is not None and first.setdefault(kind, status) != status:
                pointer = join_pointer(response.pointer, "x-hookproof-cause", "kind")
                message = (
                    f"{first[kind]} and {status} of {operation.id} both have the cause {kind!r}, "
                    "so the contract does not say which of them a request gets"
                )
                yield Fault(pointer, message, "state another cause, or remove one of them")


def repeated_unique_values(document: LintedDocument) -> Iterator[Fault]:
    """Yield unique values in a schema that both a GET and an operation with effects return."""
    made: dict[str, Operation] = {}
    read: dict[str, Operation] = {}
    for operation in document.contract.operations:
        found = read if operation.is_safe else made
        for status, response in operation.responses.items():
            for schema in response.content.values() if status.startswith("2") else ():
                for _, pointer in extended_properties(document.contract, schema, UNIQUE):
                    found.setdefault(pointer, operation)
    for pointer in made.keys() & read.keys():
        message = (
            f"{read[pointer].id} ({read[pointer].method}) returns the value that "
            f"{made[pointer].id} made, so it is not different in every response"
        )
        edit = f"state it in a schema that only {made[pointer].id} returns"
        yield Fault(pointer, message, edit)


def silent_redelivery(document: LintedDocument) -> Iterator[Fault]:
    """Yield triggers that leave open whether an event comes twice, and how to recognise it.

    A webhook or callback whose trigger the document does not state has none to complain about.
    """
    for event in document.contract.events:
        place = join_pointer(event.pointer, "x-hookproof-trigger")
        if get_at(document.stated, place) is MISSING:
            continue
        signed_id = event.signature is not None and event.signature.id_header is not None
        stated = {"no-redelivery", "retries", "unique"} & event.trigger.keys()
        # A merged event is the state of an object: it may be processed twice.
        if not (signed_id or stated or event.is_merged):
            message = f"{event.name} may come twice, and a receiver cannot recognise the repetition"
            edit = "state `no-redelivery` or `retries`, or what identifies the event in `unique`"
            yield Fault(place, message, edit)
