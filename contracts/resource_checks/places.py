"""Place and severity of findings about resources."""

from openapi.contract import Operation
from openapi.json_pointer import join_pointer
from openapi.resources.model import Certainty


def success_pointer(operation: Operation) -> str:
    """Return the pointer of what documents the success of `operation`."""
    response = operation.response_caused_by("valid-request")
    if response is None:
        return join_pointer(operation.pointer, "responses")
    return join_pointer(response.pointer, "x-hookproof-cause")


def severity_of(certainty: Certainty) -> str:
    """Return the severity of a violation: what only a name suggests is a warning."""
    return "warning" if certainty == "assumed" else "violation"
