"""Deviations of the responses: their status, media type and body."""

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
_BAD: Final = "a request that breaks the schema is answered 400 (implied)"
_SECRET: Final = "the caller's credential is in no response (implied: keep secure)"
_STATUS: Final = "a creation is answered 201, no other success is documented (seed)"


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
        "The response class lost a property when it was renamed, and what is unset is skipped.",
        _SHAPE,
        _created(lambda doc: {}),
    ),
    "null-access-token": _wrong(
        "The secret is read back from the column that holds its hash only, and comes back null.",
        _SHAPE,
        _created(lambda doc: {"accessToken": None}),
    ),
    "empty-access-token": _wrong(
        "A masking filter for logs also runs on the response.",
        _SHAPE,
        _created(lambda doc: {"accessToken": ""}),
    ),
    "same-access-token": _wrong(
        "A cache in front of the handler has a key without the body.",
        "every accessToken is another one (implied: shown only once)",
        _cached,
    ),
    "snake-case-access-token": _wrong(
        "A naming policy of the serialiser turns camelCase into snake_case.",
        _SHAPE,
        _created(lambda doc: {"access_token": doc["accessToken"]}),
    ),
    "wrapped-created": _wrong(
        "A middleware wraps every success in an envelope called data.",
        _SHAPE,
        _created(lambda doc: {"data": doc}),
    ),
    "access-token-object": _wrong(
        "The token's own class is serialised in place of its text.",
        _SHAPE,
        _created(lambda doc: {"accessToken": {"value": doc["accessToken"]}}),
    ),
    "double-encoded-created": _wrong(
        "The body is serialised by the handler and once more by the framework.",
        _SHAPE,
        _created(json.dumps),
    ),
    "created-as-text": _wrong(
        "The handler returns the bare string and the framework picks text/plain for it.",
        _SHAPE,
        _reply(
            lambda status: status == 201,
            lambda response: replace(
                response, body=json.loads(response.body)["accessToken"].encode()
            ).with_header("Content-Type", "text/plain"),
        ),
    ),
    "created-200": _wrong(
        "The framework's default status was left as it is.", _STATUS, _status(201, 200)
    ),
    "created-202": _wrong("Creation was moved to a queue: Accepted.", _STATUS, _status(201, 202)),
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
        "The web server's own error pages replace those of the service.",
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
        "The authentication middleware ends the request with a bare status.",
        _ERROR,
        _reply(lambda status: status == 401, lambda response: replace(response, body=b"")),
    ),
    "error-without-message": _wrong(
        "Errors carry a key for translation and the client is to look the text up.",
        _ERROR,
        _errors(lambda doc: {"code": doc["code"]}),
    ),
    "error-under-another-name": _wrong(
        "Errors say error where the documentation says message.",
        _ERROR,
        _errors(lambda doc: {"error": doc["message"], "code": doc["code"]}),
    ),
    "message-null": _wrong(
        "An exception without a text leaves the message null.",
        _ERROR,
        _errors(lambda doc: {**doc, "message": None}),
    ),
    "message-list": _wrong(
        "The validator's list of messages is passed on as it is.",
        _ERROR,
        _errors(lambda doc: {**doc, "message": [doc["message"]]}),
    ),
    "code-number": _wrong(
        "code repeats the status as a number.",
        _CODE,
        adding("edits", lambda request, status, d: {**d, "code": status} if status >= 400 else d),
    ),
    "error-wrapped": _wrong(
        "Errors sit in an envelope called error.", _ERROR, _errors(lambda doc: {"error": doc})
    ),
    "errors-with-200": _wrong(
        "Errors travel with status 200 and success false, as the old RPC did.",
        _BAD,
        _reply(_failed, _always_200),
    ),
    "unprocessable-for-bad": _wrong(
        "The framework responses validation errors with 422 by default.", _BAD, _status(400, 422)
    ),
    "length-in-characters": _wrong(
        "Content-Length counts characters, so an error with typographic quotes is cut short.",
        _ERROR,
        adding("replies", _counted_in_characters),
    ),
    "credential-in-error": _wrong(
        "The error text quotes the header that was rejected.", _SECRET, adding("edits", _echo)
    ),
    "credential-in-header": _wrong(
        "A debugging header that repeats the request's was left on.",
        _SECRET,
        adding("replies", _echo_header),
    ),
    "conflict-shows-token": _wrong(
        "The conflict response helpfully includes the record that is in the way.",
        "an accessToken is in no other response (implied: shown only once)",
        _remembers,
    ),
    "html-429": _wrong(
        "The rate limit is the proxy's, and the proxy speaks HTML.",
        _ERROR,
        together(
            guard("rate", lambda: rate_limit.limiter(rate_limit.in_seconds)),
            adding("replies", _proxy),
        ),
    ),
}
