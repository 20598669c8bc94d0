"""Parameters of requests to the API; what cannot be is a 400 that says what can."""

import math
from collections.abc import Collection
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request

from openapi.schema_validation import brief
from webhook_sink.verdicts.filter import Filter
from webhook_sink.verdicts.search import Span
from webhook_sink.verdicts.verdict import Signature

LARGEST_ID = 2**63 - 1
_LONGEST = 300.0
_TEXT = 200
_VERDICTS = ("conforms", "warning", "violation")
_SIGNATURES: tuple[str, ...] = get_args(Signature)


def filter_of(request: Request, events: Collection[str]) -> Filter:
    """Return what `event`, `verdict`, `signature`, `path` and `text` ask for.

    `events` are the names that the contract knows.
    """
    event = _text(request, "event")
    if event is not None and event != "-" and event not in events:
        raise HTTPException(400, f"the contract does not know the event {brief(event)}")
    verdict, signature = _text(request, "verdict"), _text(request, "signature")
    for name, value, known in (
        ("verdict", verdict, _VERDICTS),
        ("signature", signature, _SIGNATURES),
    ):
        if value is not None and value not in known:
            raise HTTPException(
                400, f"{name} is {', '.join(known[:-1])} or {known[-1]}, not {brief(value)}"
            )
    text = _text(request, "text")
    if text is not None and len(text) > _TEXT:
        raise HTTPException(400, f"text has at most {_TEXT} characters, not {len(text)}")
    return Filter(event, verdict, signature, _text(request, "path"), text)


def span_of(request: Request) -> Span:
    """Return what `after`, `before` and `newest` ask for."""
    return Span(
        number(request, "after", 0, 0, LARGEST_ID),
        number(request, "before", LARGEST_ID, 0, LARGEST_ID),
        newest_first=bool(number(request, "newest", 0, 0, 1)),
    )


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`."""
    text = request.query_params.get(name, str(default))
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= value <= most:
        raise HTTPException(400, f"{name} is a number from {least} to {most}, not {brief(text)}")
    return value


def seconds(request: Request, name: str, default: float) -> float:
    """Return a number of seconds."""
    text = request.query_params.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _LONGEST:
        raise HTTPException(400, f"{name} is 0 to {_LONGEST:g} seconds, not {brief(text)}")
    return value


def _text(request: Request, name: str) -> str | None:
    return request.query_params.get(name) or None
