"""Faults of the secret in a successful response."""

import json
import re
from collections.abc import Callable
from typing import Any

from mock_server.exchange import Hooks, MockExchange
from mock_server.fault import Fault
from mock_server.faults.applicability import secret, secret_names
from mock_server.messages import HttpResponse, with_json_body
from openapi.contract import Json

_REPEATED_VALUE = "the-same-for-everybody.since-the-cache-was-filled"


def secret_properties(exchange: MockExchange) -> list[str]:
    """Return the names of the top-level properties that hold a secret in the original response."""
    operation, response = exchange.operation, exchange.response
    if operation is None or response is None:
        return []
    response_spec = operation.response_for(response.status)
    return secret_names(exchange.contract, response_spec) if response_spec else []


def _secret_fault(
    name: str,
    description: str,
    change: Callable[[dict[str, Any], str], object],
    is_changed: Callable[[str, Json], bool] = lambda _name, _value: True,
) -> Fault:
    """Return the fault that applies `change` to the body for each secret, in place.

    `is_changed` says whether a secret with this name and value changes.
    """

    def apply(response: HttpResponse, exchange: MockExchange) -> HttpResponse:
        names = secret_properties(exchange)
        value = json.loads(response.body) if names else {}
        for key in names:
            if key in value:
                change(value, key)
        return with_json_body(response, value) if names else response

    hooks = Hooks(response=apply)
    return Fault(name, "responses", description, hooks, need=secret(is_changed))


def _rename_to_snake_case(value: dict[str, Any], key: str) -> None:
    value[to_snake_case(key)] = value.pop(key)


def to_snake_case(name: str) -> str:
    """Return a name in snake case."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


SECRET_FAULTS = (
    _secret_fault(
        "secret-missing",
        "The response lacks the secret: the entity's serialiser hides it.",
        lambda value, key: value.pop(key),
    ),
    _secret_fault(
        "secret-empty",
        "The secret is an empty string.",
        lambda value, key: value.update({key: ""}),
        lambda _, value: value != "",
    ),
    _secret_fault(
        "secret-null",
        "The secret is null: the service clears it before it serialises the response.",
        lambda value, key: value.update({key: None}),
        lambda _, value: value is not None,
    ),
    _secret_fault(
        "secret-repeated",
        "Every creation returns the same secret: the response is cached.",
        lambda value, key: value.update({key: _REPEATED_VALUE}),
    ),
    _secret_fault(
        "secret-masked",
        "The secret is masked except for its last four characters.",
        lambda value, key: value.update({key: "********" + value[key][-4:]}),
        lambda _, value: isinstance(value, str),
    ),
    _secret_fault(
        "secret-renamed",
        "The name of the secret's property is in snake case.",
        _rename_to_snake_case,
        lambda name, _: to_snake_case(name) != name,
    ),
)
