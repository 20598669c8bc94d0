"""Faults of the answers: status, body, headers. The exchange itself went right."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.exchange import Behaviour, Exchange
from mock_server.fault import Change, Fault, swapped
from mock_server.messages import Answer, rebodied, values


def _answers(name: str, sentence: str, change: Change) -> Fault:
    return Fault(name, "answers", sentence, Behaviour(answer=change))


def _error(name: str, sentence: str, change: Callable[[dict[str, Any]], object]) -> Fault:
    """Return the fault that changes the value of every error's body."""

    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        error = answer.status >= 400 and answer.body
        return rebodied(answer, change(json.loads(answer.body))) if error else answer

    return _answers(name, sentence, apply)


def _written(name: str, sentence: str, media_type: str, body: Callable[[int], bytes]) -> Fault:
    """Return the fault that writes every error in another way."""

    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        if answer.status < 400:
            return answer
        headers = tuple(h for h in answer.headers if h[0] != b"content-type")
        kept = ((b"content-type", media_type.encode()), *headers)
        return replace(answer, headers=kept, body=body(answer.status))

    return _answers(name, sentence, apply)


def _header(name: str, sentence: str, ending: bytes, value: bytes | None) -> Fault:
    """Return the fault that changes the headers whose name has this ending; None removes them."""

    def apply(answer: Answer, _exchange: Exchange) -> Answer:
        meant = [h[0] for h in answer.headers if h[0].endswith(ending)]
        kept = tuple(h for h in answer.headers if h[0] not in meant)
        changed = tuple((key, value) for key in meant if value is not None)
        return replace(answer, headers=kept + changed)

    return replace(_answers(name, sentence, apply), severity="warning", limited=True)


def _problem(status: int) -> bytes:
    return json.dumps({"type": "about:blank", "title": "Error", "status": status}).encode()


def _html(status: int) -> bytes:
    return f"<html><body><h1>{status}</h1><hr>gateway</body></html>".encode()


def _nested(value: dict[str, Any]) -> dict[str, Any]:
    return {"errors": [{"detail": next(iter(value.values()), "")}]}


def _without_first(value: dict[str, Any]) -> dict[str, Any]:
    return dict(list(value.items())[1:])


def _numbered(value: dict[str, Any]) -> dict[str, Any]:
    return {key: 1042 if index else item for index, (key, item) in enumerate(value.items())}


def _wrapped(answer: Answer, _exchange: Exchange) -> Answer:
    success = answer.status < 300 and answer.body
    return rebodied(answer, {"data": json.loads(answer.body)}) if success else answer


def _untyped(answer: Answer, _exchange: Exchange) -> Answer:
    kept = tuple(h for h in answer.headers if h[0] != b"content-type")
    return answer if answer.status >= 300 else replace(answer, headers=kept)


def _echoing(answer: Answer, exchange: Exchange) -> Answer:
    stated = values(exchange.received, b"authorization")
    if answer.status < 400 or not stated:
        return answer
    shown = {"request": {"authorization": stated[0].decode("latin-1")}}
    return rebodied(answer, {**json.loads(answer.body), **shown})


ANSWERS = (
    _answers(
        "ok-for-created",
        "A creation is answered 200, the framework's default.",
        swapped("valid-request", 200),
    ),
    _answers(
        "accepted-for-created",
        "A creation is answered 202, as if it were still to come.",
        swapped("valid-request", 202),
    ),
    _answers(
        "crash-after-create",
        "The token is created, then the answer fails with 500.",
        swapped("valid-request", 500),
    ),
    _answers(
        "unprocessable",
        "A broken request is answered 422, the default of several frameworks.",
        swapped("invalid-request", 422),
    ),
    _answers(
        "invalid-as-ok",
        "A broken request is answered 200 with the error in the body.",
        swapped("invalid-request", 200),
    ),
    _answers(
        "conflict-crash",
        "A repeated request is answered 500: the database's unique index speaks.",
        swapped("repeated-request", 500),
    ),
    replace(
        _answers(
            "unavailable-for-limit",
            "A client over the rate limit is answered 503 by the proxy.",
            swapped("burst", 503),
        ),
        limited=True,
    ),
    _answers("answer-wrapped", "A success is wrapped into an object of its own, `data`.", _wrapped),
    _answers("media-type-missing", "A success has no Content-Type.", _untyped),
    _answers(
        "credential-echoed",
        "An error shows the request, its credential included: debugging is on.",
        _echoing,
    ),
    _written("error-as-text", "Errors are plain text.", "text/plain", lambda _: b"Error"),
    _written("error-as-html", "Errors are HTML pages of a gateway.", "text/html", _html),
    _written(
        "error-as-problem",
        "Errors are problem+json (RFC 9457).",
        "application/problem+json",
        _problem,
    ),
    _written("error-empty", "Errors have an empty body.", "application/json", lambda _: b""),
    _error("message-missing", "Errors do not say in words what is wrong.", _without_first),
    _error("message-nested", "Errors are a list of objects, as other APIs have it.", _nested),
    _error("code-numeric", "The code of an error is a number.", _numbered),
    _header("retry-after-missing", "A 429 does not say when to try again.", b"retry-after", None),
    _header(
        "retry-after-words",
        "A 429 says when to try again in words.",
        b"retry-after",
        b"5 seconds",
    ),
    _header("reset-as-epoch", "The rate limit's end is a Unix time.", b"-reset", b"1767225600"),
    _header(
        "remaining-negative",
        "The requests that are left count on below zero.",
        b"-remaining",
        b"-1",
    ),
)
