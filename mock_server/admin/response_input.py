"""Response of an override, as the admin API gets it. Each error is one sentence."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.exceptions import HTTPException

from openapi import strict_json
from openapi.schemas.validation import abbreviate

_KEYS = ("status", "headers", "body")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
"""Name of a header (RFC 9110, section 5.6.2)."""
_VALUE = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?)?")
"""Value of a header (RFC 9110, section 5.5)."""
_OF_THE_SERVER = ("connection", "content-length", "date", "server", "transfer-encoding")
_WITHOUT_BODY = (204, 205, 304)
"""Statuses whose response has no body (RFC 9110, section 6.4.1)."""


def parse_response(stated: object) -> dict[str, Any]:
    """Return `status`, `headers` as pairs, and `body` as text; reject anything else with 400.

    A body that is not a string is sent as JSON. A body without a media type gets JSON or plain
    text, whichever it is.
    """
    if not isinstance(stated, dict):
        _reject(f'response must be an object such as {{"status": 503}}, not {abbreviate(stated)}')
    unknown = next((key for key in stated if key not in _KEYS), None)
    if unknown is not None:
        _reject(f"unknown key {abbreviate(unknown)} in response; use status, headers, body")
    status, body = _status(stated.get("status")), stated.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body)
    if text and status in _WITHOUT_BODY:
        _reject(f"a response with status {status} has no body; leave body out")
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        _reject("the body of response has half of a surrogate pair; send whole characters")
    headers = _headers(stated.get("headers", {}))
    if text and not any(name.lower() == "content-type" for name, _ in headers):
        is_json = strict_json.parse_json(raw).problem is None
        headers.append(("Content-Type", "application/json" if is_json else "text/plain"))
    return {"status": status, "headers": headers, "body": text}


def _status(stated: object) -> int:
    status = int(stated) if isinstance(stated, float) and stated.is_integer() else stated
    if type(status) is not int or not 200 <= status <= 599:
        _reject(
            f"status of response must be a whole number from 200 to 599, not {abbreviate(stated)}"
        )
    return status


def _headers(stated: object) -> list[tuple[str, str]]:
    if not isinstance(stated, Mapping):
        _reject(f"headers of response must be an object of texts, not {abbreviate(stated)}")
    for name, value in stated.items():
        if not _NAME.fullmatch(name):
            _reject(f"{abbreviate(name)} is not the name of a header")
        if name.lower() in _OF_THE_SERVER:
            _reject(f"the server writes the header {name}; leave it out")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            _reject(
                f"the header {name} must be a text of Latin-1 on one line, without spaces at its "
                f"ends, not {abbreviate(value)}"
            )
    return list(stated.items())


def _reject(sentence: str) -> NoReturn:
    raise HTTPException(400, sentence)
