"""Deviations of responses: wrong status, media type or body."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reference_service import rate_limit, rules
from reference_service.behaviour import (
    Behaviour,
    Change,
    Document,
    Reply,
    Request,
    Response,
    adding,
    guard,
    together,
)
from reference_service.deviation import Deviation

_SHAPE: Final = "the 201 body is an object with accessToken, a string, not empty (seed, implied)"
_ERROR: Final = "every error is application/json with message, a string (sdk, docs)"
_CODE: Final = "code of an error is a string or null (sdk)"
_BAD: Final = "a request that violates the schema is a 400 (implied)"
_SECRET: Final = "no response contains the caller's credential (implied: keep secure)"
_STATUS: Final = "a creation is a 201; no other success is documented (seed)"


def _wrong(mistake: str, fact: str, change: Change) -> Deviation:
    return Deviation("responses", mistake, fact, change)


def _created(edit: Callable[[Document], Any]) -> Change:
    """Rewrite the body of a 201."""
    return adding("edits", lambda request, status, doc: edit(doc) if status == 201 else doc)


def _errors(edit: Callable[[Document], Any]) -> Change:
    """Rewrite the body of an error."""
    return adding("edits", lambda request, status, doc: edit(doc) if status >= 400 else doc)


def _reply(test: Callable[[int], bool], act: Callable[[Response], Response]) -> Change:
    return adding(
        "replies", lambda request, response: act(response) if test(response.status) else response
    )


def _status(old: int, new: int) -> Change:
    return _reply(lambda status: status == old, lambda response: replace(response, status=new))


def _failed(status: int) -> bool:
    return status >= 400


def _text(media_type: str, template: str) -> Callable[[Response], Response]:
    def act(response: Response) -> Response:
        message = json.loads(response.body).get("message", "")
        body = template.replace("{}", message).encode()
        return replace(response, body=body).with_header("Content-Type", media_type)

    return act


def _cached(behaviour: Behaviour) -> Behaviour:
    first: list[Any] = []

    def edit(document: Document) -> Any:
        first.append(document)
        return first[0]

    return _created(edit)(behaviour)


def _problem(document: Document) -> Document:
    return {"type": "about:blank", "title": document["code"], "detail": document["message"]}


def _problem_type(response: Response) -> Response:
    return response.with_header("Content-Type", "application/problem+json")


def _echo(request: Request, status: int, document: Document) -> Document:
    given = request.one("Authorization")
    return {**document, "message": f"Not accepted: {given}"} if status >= 400 else document


def _echo_header(request: Request, response: Response) -> Response:
    given = request.one("Authorization")
    return response.with_header("X-Debug-Authorization", given) if given else response


def _remembers(behaviour: Behaviour) -> Behaviour:
    made: dict[str, str] = {}

    def edit(request: Request, status: int, document: Document) -> Document:
        name = rules.decode(request.body).get("name", "") if status in (201, 409) else ""
        if status == 201:
            made[name] = document["accessToken"]
        return {**document, "existing": made.get(name)} if status == 409 else document

    return adding("edits", edit)(behaviour)


def _counted_in_characters(request: Request, response: Response) -> Response:
    document = json.loads(response.body)
    if response.status < 400:
        return response
    document["message"] = f"„{document['message']}“ — sorry…"
    text = json.dumps(document, ensure_ascii=False)
    response = replace(response, body=text.encode())
    return response.with_header("Content-Length", str(len(text))).with_header("Connection", "close")


def _bare_gzip(response: Response) -> Response:
    return replace(response, body=gzip.compress(response.body))


def _always_200(response: Response) -> Response:
    document = {"success": False, **json.loads(response.body)}
    return replace(response, status=200, body=json.dumps(document).encode())


_html = _text("text/html", "<!doctype html><title>Error</title><h1>{}</h1>")
_proxy: Reply = lambda request, response: _html(response) if response.status == 429 else response  # noqa: E731

ANSWERS: Final[dict[str, Deviation]] = {
    "no-access-token": _wrong(
        "A renamed property of the response class is never set, and unset ones are omitted.",
        _SHAPE,
        _created(lambda doc: {}),
    ),
    "null-access-token": _wrong(
        "The database stores only a hash of the secret, so null is read.",
        _SHAPE,
        _created(lambda doc: {"accessToken": None}),
    ),
    "empty-access-token": _wrong(
        "A masking filter for logs also runs on the response.",
        _SHAPE,
        _created(lambda doc: {"accessToken": ""}),
    ),
    "same-access-token": _wrong(
        "A cache in front of the handler does not include the body in its key.",
        "every accessToken is different (implied: shown only once)",
        _cached,
    ),
    "snake-case-access-token": _wrong(
        "A naming policy of the serialiser turns camelCase into snake_case.",
        _SHAPE,
        _created(lambda doc: {"access_token": doc["accessToken"]}),
    ),
    "wrapped-created": _wrong(
        "A middleware wraps every success in an envelope named data.",
        _SHAPE,
        _created(lambda doc: {"data": doc}),
    ),
    "access-token-object": _wrong(
        "The token object is serialised instead of its text.",
        _SHAPE,
        _created(lambda doc: {"accessToken": {"value": doc["accessToken"]}}),
    ),
    "double-encoded-created": _wrong(
        "The handler serialises the body, and the framework serialises it again.",
        _SHAPE,
        _created(json.dumps),
    ),
    "created-as-text": _wrong(
        "The handler returns a string, so the framework sets text/plain.",
        _SHAPE,
        _reply(
            lambda status: status == 201,
            lambda response: replace(
                response, body=json.loads(response.body)["accessToken"].encode()
            ).with_header("Content-Type", "text/plain"),
        ),
    ),
    "created-200": _wrong(
        "The framework's default status is not changed.", _STATUS, _status(201, 200)
    ),
    "created-202": _wrong(
        "Creation was moved to a queue, so the status is Accepted.", _STATUS, _status(201, 202)
    ),
    "created-gzip-unmarked": _wrong(
        "A proxy drops Content-Encoding and passes the compressed body on.",
        _SHAPE,
        _reply(lambda status: status == 201, _bare_gzip),
    ),
    "problem-details": _wrong(
        "The framework's problem details replace the documented error body.",
        _ERROR,
        together(_errors(_problem), _reply(_failed, _problem_type)),
    ),
    "problem-media-type": _wrong(
        "The framework labels every error application/problem+json, whatever its body.",
        _ERROR,
        _reply(_failed, _problem_type),
    ),
    "html-errors": _wrong(
        "The web server's error pages replace those of the service.",
        _ERROR,
        _reply(_failed, _html),
    ),
    "text-errors": _wrong(
        "Errors are written with the plain-text helper of the standard library.",
        _ERROR,
        _reply(_failed, _text("text/plain; charset=utf-8", "{}")),
    ),
    "json-labelled-as-text": _wrong(
        "Errors are JSON, but written without setting the media type.",
        _ERROR,
        _reply(_failed, lambda response: response.with_header("Content-Type", "text/plain")),
    ),
    "empty-401": _wrong(
        "The authentication middleware sends a status without a body.",
        _ERROR,
        _reply(lambda status: status == 401, lambda response: replace(response, body=b"")),
    ),
    "error-without-message": _wrong(
        "Errors have a translation key instead of a message.",
        _ERROR,
        _errors(lambda doc: {"code": doc["code"]}),
    ),
    "error-under-another-name": _wrong(
        "The property is named error instead of message.",
        _ERROR,
        _errors(lambda doc: {"error": doc["message"], "code": doc["code"]}),
    ),
    "message-null": _wrong(
        "An exception without a text makes the message null.",
        _ERROR,
        _errors(lambda doc: {**doc, "message": None}),
    ),
    "message-list": _wrong(
        "message is the validator's list of messages.",
        _ERROR,
        _errors(lambda doc: {**doc, "message": [doc["message"]]}),
    ),
    "code-number": _wrong(
        "code repeats the status as a number.",
        _CODE,
        adding("edits", lambda request, status, d: {**d, "code": status} if status >= 400 else d),
    ),
    "error-wrapped": _wrong(
        "Errors are in an envelope named error.", _ERROR, _errors(lambda doc: {"error": doc})
    ),
    "errors-with-200": _wrong(
        "Errors have status 200 and success false, as in the old RPC.",
        _BAD,
        _reply(_failed, _always_200),
    ),
    "unprocessable-for-bad": _wrong(
        "The framework answers validation errors with 422 by default.", _BAD, _status(400, 422)
    ),
    "length-in-characters": _wrong(
        "Content-Length counts characters, so an error with typographic quotes is cut short.",
        _ERROR,
        adding("replies", _counted_in_characters),
    ),
    "credential-in-error": _wrong(
        "The error text quotes the rejected header.", _SECRET, adding("edits", _echo)
    ),
    "credential-in-header": _wrong(
        "A debugging header that repeats the Authorization header is still enabled.",
        _SECRET,
        adding("replies", _echo_header),
    ),
    "conflict-shows-token": _wrong(
        "The conflict response includes the existing record.",
        "no other response contains an accessToken (implied: shown only once)",
        _remembers,
    ),
    "html-429": _wrong(
        "The proxy enforces the rate limit and sends HTML.",
        _ERROR,
        together(
            guard("rate", lambda: rate_limit.limiter(rate_limit.in_seconds)),
            adding("replies", _proxy),
        ),
    ),
}
