"""Faults of the answers: status, body, headers. The exchange itself went right."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.answer import Answer, json_answer, values
from mock_server.behaviour import Behaviour, Fault
from mock_server.exchange import Exchange
from mock_server.marks import marked

Change = Callable[[Answer, Exchange], Answer]
_REPEATED = "the-same-for-everybody.since-the-cache-was-filled"


def _answers(name: str, sentence: str, change: Change) -> Fault:
    return Fault(name, "answers", sentence, Behaviour(answer=change))


def _status(name: str, sentence: str, provocation: str, instead: int) -> Fault:
    def change(answer: Answer, exchange: Exchange) -> Answer:
        meant = exchange.operation.answer_to(provocation) if exchange.operation else None
        hit = meant is not None and meant.status == str(answer.status)
        return replace(answer, status=instead) if hit else answer

    return _answers(name, sentence, change)


def secrets(exchange: Exchange) -> list[str]:
    """Return the top-level names of the properties that hold a secret in the true answer."""
    operation, answer = exchange.operation, exchange.answer
    response = operation.responses.get(str(answer.status)) if operation and answer else None
    pointers = response.content.values() if response else ()
    places = [
        p for at in pointers for p, _ in marked(exchange.contract, {"$ref": f"#{at}"}, "x-secret")
    ]
    return [place.removeprefix("/") for place in places if place.count("/") == 1]


def _rebodied(answer: Answer, value: object) -> Answer:
    headers = tuple(h for h in answer.headers if h[0] != b"content-type")
    return json_answer(answer.status, value, headers)


def _secret(name: str, sentence: str, change: Callable[[dict[str, Any], str], object]) -> Fault:
    def apply(answer: Answer, exchange: Exchange) -> Answer:
        names = secrets(exchange)
        value = json.loads(answer.body) if names else {}
        for key in names:
            change(value, key)
        return _rebodied(answer, value) if names else answer

    return _answers(name, sentence, apply)


def _error(name: str, sentence: str, change: Callable[[dict[str, Any]], object]) -> Fault:
    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        return answer if answer.status < 400 else _rebodied(answer, change(json.loads(answer.body)))

    return _answers(name, sentence, apply)


def _typed(name: str, sentence: str, media_type: str, body: Callable[[Answer], bytes]) -> Fault:
    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        if answer.status < 400:
            return answer
        headers = tuple(h for h in answer.headers if h[0] != b"content-type")
        kept = ((b"content-type", media_type.encode()), *headers)
        return replace(answer, headers=kept, body=body(answer))

    return _answers(name, sentence, apply)


def _headers(name: str, sentence: str, ending: bytes, value: bytes | None) -> Fault:
    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        kept = tuple(h for h in answer.headers if not h[0].endswith(ending))
        hit = len(kept) < len(answer.headers)
        added = tuple((h[0], value) for h in answer.headers if h[0].endswith(ending) and value)
        return replace(answer, headers=kept + added) if hit else answer

    return _answers(name, sentence, apply)


def _problem(answer: Answer) -> bytes:
    about = {"type": "about:blank", "title": "Error", "status": answer.status}
    return json.dumps(about).encode()


def _html(answer: Answer) -> bytes:
    return f"<html><body><h1>{answer.status}</h1><hr>gateway</body></html>".encode()


def _first_value(value: dict[str, Any]) -> dict[str, Any]:
    return {"errors": [{"detail": next(iter(value.values()), "")}]}


def _rest_only(value: dict[str, Any]) -> dict[str, Any]:
    return dict(list(value.items())[1:])


def _numbered(value: dict[str, Any]) -> dict[str, Any]:
    return {key: 1042 if index else item for index, (key, item) in enumerate(value.items())}


def _wrapped(answer: Answer, _exchange: Exchange) -> Answer:
    return answer if answer.status >= 300 else _rebodied(answer, {"data": json.loads(answer.body)})


def _untyped(answer: Answer, _exchange: Exchange) -> Answer:
    if answer.status >= 300:
        return answer
    return replace(answer, headers=tuple(h for h in answer.headers if h[0] != b"content-type"))


def _echoing(answer: Answer, exchange: Exchange) -> Answer:
    stated = values(exchange.received, b"authorization")
    if answer.status < 400 or not stated:
        return answer
    shown = {"request": {"authorization": stated[0].decode("latin-1")}}
    return _rebodied(answer, {**json.loads(answer.body), **shown})


ANSWERS = (
    _status(
        "ok-for-created",
        "A creation is answered 200, the framework's default.",
        "valid-request",
        200,
    ),
    _status(
        "accepted-for-created",
        "A creation is answered 202, as if it were still to come.",
        "valid-request",
        202,
    ),
    _status(
        "crash-after-create",
        "The token is created, then the answer fails with 500.",
        "valid-request",
        500,
    ),
    _status(
        "unprocessable",
        "A broken request is answered 422, the default of several frameworks.",
        "invalid-request",
        422,
    ),
    _status(
        "invalid-as-ok",
        "A broken request is answered 200 with the error in the body.",
        "invalid-request",
        200,
    ),
    _status(
        "conflict-crash",
        "A repeated request is answered 500: the database's unique index speaks.",
        "repeated-request",
        500,
    ),
    _status(
        "unavailable-for-limit",
        "A client over the rate limit is answered 503 by the proxy.",
        "burst",
        503,
    ),
    _secret(
        "secret-missing",
        "The secret is left out: the answer is the entity, which hides it.",
        lambda v, k: v.pop(k),
    ),
    _secret("secret-empty", "The secret is an empty text.", lambda v, k: v.update({k: ""})),
    _secret(
        "secret-null",
        "The secret is null: it was cleared before the answer was written.",
        lambda v, k: v.update({k: None}),
    ),
    _secret(
        "secret-repeated",
        "Every creation returns the same secret: the answer is cached.",
        lambda v, k: v.update({k: _REPEATED}),
    ),
    _secret(
        "secret-masked",
        "The secret is masked but for its end, as in a list.",
        lambda v, k: v.update({k: "********" + v[k][-4:]}),
    ),
    _secret(
        "secret-renamed",
        "The secret's property is written in snake case.",
        lambda v, k: v.update({re.sub("([A-Z])", r"_\1", k).lower(): v.pop(k)}),
    ),
    _answers("answer-wrapped", "A success is wrapped into an object of its own, `data`.", _wrapped),
    _answers("media-type-missing", "A success has no Content-Type.", _untyped),
    _answers(
        "credential-echoed",
        "An error shows the request, its credential included: debugging is on.",
        _echoing,
    ),
    _typed(
        "error-as-text", "Errors are plain text.", "text/plain; charset=utf-8", lambda _: b"Error"
    ),
    _typed("error-as-html", "Errors are HTML pages of a gateway.", "text/html", _html),
    _typed(
        "error-as-problem",
        "Errors are problem+json (RFC 9457).",
        "application/problem+json",
        _problem,
    ),
    _typed("error-empty", "Errors have an empty body.", "application/json", lambda _: b""),
    _error("message-missing", "Errors lack the sentence that says what is wrong.", _rest_only),
    _error(
        "message-nested",
        "Errors are a list of objects, as another API would have it.",
        _first_value,
    ),
    _error("code-numeric", "The code of an error is a number.", _numbered),
    _headers("retry-after-missing", "A 429 does not say when to try again.", b"retry-after", None),
    _headers(
        "retry-after-words", "A 429 says when to try again in words.", b"retry-after", b"5 seconds"
    ),
    _headers("reset-as-epoch", "The rate limit's end is a Unix time.", b"-reset", b"1767225600"),
    _headers(
        "remaining-negative",
        "The requests that are left count on below zero.",
        b"-remaining",
        b"-1",
    ),
)
