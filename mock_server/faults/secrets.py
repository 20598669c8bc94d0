"""Faults of the secret that a successful answer holds."""

import json
import re
from collections.abc import Callable
from typing import Any

from mock_server.exchange import Behaviour, Exchange
from mock_server.fault import Fault
from mock_server.messages import Answer, rebodied
from mock_server.responses.headers import marked
from openapi.json_pointer import split

_REPEATED = "the-same-for-everybody.since-the-cache-was-filled"


def secrets(exchange: Exchange) -> list[str]:
    """Return the top-level names of the properties that hold a secret in the true answer."""
    operation, answer = exchange.operation, exchange.answer
    response = operation.responses.get(str(answer.status)) if operation and answer else None
    schemas = [{"$ref": f"#{pointer}"} for pointer in response.content.values()] if response else []
    places = [split(p) for s in schemas for p, _ in marked(exchange.contract, s, "x-secret")]
    return [place[0] for place in places if len(place) == 1]


def _secret(name: str, sentence: str, change: Callable[[dict[str, Any], str], object]) -> Fault:
    """Return the fault that changes the body at each secret, in place."""

    def apply(answer: Answer, exchange: Exchange) -> Answer:
        names = secrets(exchange)
        value = json.loads(answer.body) if names else {}
        for key in names:
            change(value, key)
        return rebodied(answer, value) if names else answer

    return Fault(name, "answers", sentence, Behaviour(answer=apply))


def _renamed(value: dict[str, Any], key: str) -> None:
    value[re.sub(r"([A-Z])", r"_\1", key).lower()] = value.pop(key)


SECRETS = (
    _secret(
        "secret-missing",
        "The secret is left out: the answer is the entity, which hides it.",
        lambda value, key: value.pop(key),
    ),
    _secret(
        "secret-empty",
        "The secret is an empty text.",
        lambda value, key: value.update({key: ""}),
    ),
    _secret(
        "secret-null",
        "The secret is null: it was cleared before the answer was written.",
        lambda value, key: value.update({key: None}),
    ),
    _secret(
        "secret-repeated",
        "Every creation returns the same secret: the answer is cached.",
        lambda value, key: value.update({key: _REPEATED}),
    ),
    _secret(
        "secret-masked",
        "The secret is masked but for its end, as in a list.",
        lambda value, key: value.update({key: "********" + value[key][-4:]}),
    ),
    _secret("secret-renamed", "The secret's property is written in snake case.", _renamed),
)
