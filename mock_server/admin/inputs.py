"""What the control API is asked: numbers in a query, JSON in a body. Errors are one sentence."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mock_server.storage.overrides import What
from openapi import strict_json
from openapi.schema_validation import brief

_BODY_LIMIT = 64 * 1024
_JSON = "application/json"
_LARGEST = 2**53
_MOST_REQUESTS = 1_000_000
_MOST_SECONDS = 60
SWITCH = ("fault", "delay", "requests")
"""What may be said of a switch."""


def number(request: Request, name: str, default: int | None, most: int = _LARGEST) -> int | None:
    """Return a parameter of the query, from 1 to `most`; a 400 says what is wrong with it."""
    text = request.query_params.get(name)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    if not 1 <= value <= most:
        _refuse(f"{name} is a whole number from 1 to {most}, not {brief(text)}")
    return value


async def body(request: Request, known: Iterable[str]) -> dict[str, Any]:
    """Return the JSON object of the body, without any key but those `known`; empty without a body.

    No form of a page can send it: where there is a media type it must be JSON's (415).
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _BODY_LIMIT:
            raise HTTPException(413, f"the body is larger than {_BODY_LIMIT} bytes; send less")
    stated = request.headers.get("content-type")
    if (raw or stated is not None) and (stated or "").partition(";")[0].strip().lower() != _JSON:
        raise HTTPException(415, f"send the body as JSON: Content-Type: {_JSON}")
    if not raw:
        return {}
    text = strict_json.parse(bytes(raw))
    if text.problem is not None:
        _refuse(f"the body is not JSON: {text.problem}")
    if not isinstance(text.value, dict):
        _refuse("the body is no JSON object; send one in braces")
    names = list(known)
    for key in text.value:
        if key not in names:
            _refuse(f"{brief(key)} is not known here{similar(key, names)}; use {_listed(names)}")
    return text.value


def switch_of(stated: Mapping[str, Any], known: Iterable[str]) -> tuple[What, str | float, int]:
    """Return what to switch on, its value and for how many requests; a 400 says what is wrong."""
    requests = stated.get("requests", 1)
    if type(requests) is not int or not 1 <= requests <= _MOST_REQUESTS:
        _refuse(f"requests is a whole number from 1 to {_MOST_REQUESTS}, not {brief(requests)}")
    if ("fault" in stated) == ("delay" in stated):
        _refuse('say either a fault or a delay: {"fault": NAME} or {"delay": SECONDS}')
    if "delay" in stated:
        delay = stated["delay"]
        if type(delay) not in (int, float) or not 0 < delay <= _MOST_SECONDS:
            _refuse(f"delay is a number of seconds, over 0 to {_MOST_SECONDS}, not {brief(delay)}")
        return "delay", float(delay), requests
    name, names = stated["fault"], list(known)
    if name not in names:
        close = similar(name, names) if isinstance(name, str) else ""
        _refuse(
            f"{brief(name)} is no fault of this contract{close}; GET faults lists those there are"
        )
    return "fault", name, requests


def similar(word: str, words: Iterable[str]) -> str:
    """Return what to say of those of `words` that `word` may have been meant for."""
    close = difflib.get_close_matches(word, words)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _listed(names: list[str]) -> str:
    return ", ".join(names) if names else "no key at all"


def _refuse(sentence: str) -> NoReturn:
    raise HTTPException(400, sentence)
