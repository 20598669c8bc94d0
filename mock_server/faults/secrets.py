"""Faults of the secret that a successful answer holds."""

import json
import re
from collections.abc import Callable
from typing import Any

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault
from mock_server.messages import HttpResponse, with_json_body
from mock_server.responses.headers import extension_values
from openapi.json_pointer import split_pointer

_CONSTANT_SECRET = "the-same-for-everybody.since-the-cache-was-filled"


def secret_properties(exchange: MockExchange) -> list[str]:
    """Return the top-level names of the properties that hold a secret in the true answer."""
    operation, response = exchange.operation, exchange.response
    response_spec = (
        operation.responses.get(str(response.status)) if operation and response else None
    )
    schemas = (
        [{"$ref": f"#{pointer}"} for pointer in response_spec.content.values()]
        if response_spec
        else []
    )
    places = [
        split_pointer(p)
        for s in schemas
        for p, _ in extension_values(exchange.contract, s, "x-hookproof-secret")
    ]
    return [place[0] for place in places if len(place) == 1]


def _secret_fault(
    name: str, description: str, change: Callable[[dict[str, Any], str], object]
) -> Fault:
    """Return the fault that changes the body at each secret, in place."""

    def apply(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
        names = secret_properties(exchange)
        value = json.loads(response.body) if names else {}
        for key in names:
            change(value, key)
        return with_json_body(response, value) if names else response

    return Fault(name, "responses", description, Hooks(response=apply))


def _rename_to_snake_case(value: dict[str, Any], key: str) -> None:
    value[re.sub(r"([A-Z])", r"_\1", key).lower()] = value.pop(key)


SECRET_FAULTS = (
    _secret_fault(
        "secret-missing",
        "The secret is left out: the answer is the entity, which hides it.",
        lambda value, key: value.pop(key),
    ),
    _secret_fault(
        "secret-empty",
        "The secret is an empty text.",
        lambda value, key: value.update({key: ""}),
    ),
    _secret_fault(
        "secret-null",
        "The secret is null: it was cleared before the answer was written.",
        lambda value, key: value.update({key: None}),
    ),
    _secret_fault(
        "secret-repeated",
        "Every creation returns the same secret: the answer is cached.",
        lambda value, key: value.update({key: _CONSTANT_SECRET}),
    ),
    _secret_fault(
        "secret-masked",
        "The secret is masked but for its end, as in a list.",
        lambda value, key: value.update({key: "********" + value[key][-4:]}),
    ),
    _secret_fault(
        "secret-renamed", "The secret's property is written in snake case.", _rename_to_snake_case
    ),
)
