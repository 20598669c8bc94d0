"""Input of the admin API: query parameters and JSON bodies. Each error is one sentence."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mock_server.admin.response_input import parse_response
from mock_server.storage.overrides import OverrideKind, OverrideValue
from openapi import strict_json
from openapi.http.json_api import read_body
from openapi.schemas.validation import abbreviate

_MAX_BODY_BYTES = 64 * 1024
_JSON = "application/json"
_MAX_INTEGER = 2**53
_MAX_OVERRIDE_REQUESTS = 1_000_000
_MAX_DELAY_S = 60
OVERRIDE_KEYS = ("fault", "delay", "response", "requests")


def integer_parameter(
    request: Request, name: str, default: int | None, maximum: int = _MAX_INTEGER
) -> int | None:
    """Return an integer query parameter from 1 to `maximum`; reject any other value with 400."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if len(request.query_params.getlist(name)) > 1:
        _reject(f"{name} is given more than once")
    value = _whole_number(text)
    if not 1 <= value <= maximum:
        _reject(f"{name} must be a whole number from 1 to {maximum}, not {abbreviate(text)}")
    return value


def path_id(request: Request, kind: str) -> int:
    """Return the id in the path; raise a 404 if no record of `kind` can have it."""
    value = _whole_number(request.path_params["id"])
    if not 1 <= value <= _MAX_INTEGER:  # SQLite stores no larger one
        raise unknown_record(kind, request)
    return value


def unknown_record(kind: str, request: Request) -> HTTPException:
    """Return the 404 for a record of `kind` that does not exist."""
    stated = request.path_params["id"]
    return HTTPException(404, f"there is no {kind} {abbreviate(_whole_number(stated) or stated)}")


def _whole_number(text: str) -> int:
    """Return the number that `text` has in ASCII digits; 0 for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


async def read_json_body(request: Request, known: Iterable[str]) -> dict[str, Any]:
    """Return the JSON object of the body, with `known` keys only; empty without a body.

    The media type must be JSON (415), so a form of a page of another origin cannot send one.
    """
    raw = await read_body(request, _MAX_BODY_BYTES)
    stated = request.headers.get("content-type")
    if (raw or stated is not None) and (stated or "").partition(";")[0].strip().lower() != _JSON:
        raise HTTPException(415, f"send the body as JSON: Content-Type: {_JSON}")
    if not raw:
        return {}
    text = strict_json.parse_json(raw)
    if text.problem is not None:
        _reject(f"the body is not JSON: {text.problem}")
    if not isinstance(text.value, dict):
        _reject("the body is not a JSON object; send one in braces")
    names = list(known)
    for key in text.value:
        if key not in names:
            _reject(
                f"unknown key {abbreviate(key)}{did_you_mean(key, names)}; use {_list_names(names)}"
            )
    return text.value


def parse_override(
    stated: Mapping[str, Any], known: Iterable[str]
) -> tuple[OverrideKind, OverrideValue, int]:
    """Return kind, value and number of requests of an override; reject an invalid one with 400."""
    requests = stated.get("requests", 1)
    if type(requests) is float and requests.is_integer():  # an integer by JSON Schema
        requests = int(requests)
    if type(requests) is not int or not 1 <= requests <= _MAX_OVERRIDE_REQUESTS:
        _reject(
            f"requests must be a whole number from 1 to {_MAX_OVERRIDE_REQUESTS}, "
            f"not {abbreviate(requests)}"
        )
    if sum(kind in stated for kind in ("fault", "delay", "response")) != 1:
        _reject('send one of {"fault": NAME}, {"delay": SECONDS} and {"response": {"status": 503}}')
    if "response" in stated:
        return "response", parse_response(stated["response"]), requests
    if "delay" in stated:
        delay = stated["delay"]
        if type(delay) not in (int, float) or not 0 < delay <= _MAX_DELAY_S:
            _reject(
                f"delay must be a number of seconds above 0 and at most {_MAX_DELAY_S}, "
                f"not {abbreviate(delay)}"
            )
        return "delay", float(delay), requests
    name, names = stated["fault"], list(known)
    if name not in names:
        close = did_you_mean(name, names) if isinstance(name, str) else ""
        raise HTTPException(
            404, f"unknown fault {abbreviate(name)}{close}; choose one from GET faults"
        )
    return "fault", name, requests


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return a hint with those of `words` that resemble `word`, or an empty string."""
    close = difflib.get_close_matches(word, words)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _list_names(names: list[str]) -> str:
    return ", ".join(names) if names else "no key"


def _reject(sentence: str) -> NoReturn:
    raise HTTPException(400, sentence)
