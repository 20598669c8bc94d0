"""Query parameters of the API; for an invalid one the API returns 400 with the valid values."""

import math
from collections.abc import Collection
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request

from openapi.schemas.validation import abbreviate
from webhook_sink.verdicts.filter import DeliveryFilter
from webhook_sink.verdicts.search import IdRange
from webhook_sink.verdicts.verdict import SignatureStatus

MAX_ID = 2**63 - 1
_MAX_WAIT_S = 300.0
_MAX_TEXT_CHARS = 200
FILTER_PARAMETERS = ("event", "verdict", "signature", "path", "text")
_VERDICTS = ("conforms", "warning", "violation")
_SIGNATURES: tuple[str, ...] = get_args(SignatureStatus)


def reject_unknown_parameters(request: Request, known: Collection[str]) -> None:
    """Raise a 400 that names the parameters of the query that are not in `known`."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        named = ", ".join(abbreviate(name) for name in unknown)
        choice = f"the parameters are {', '.join(known)}" if known else "there are no parameters"
        raise HTTPException(400, f"unknown parameter {named}; {choice}")


def reject_repeated_parameters(request: Request) -> None:
    """Raise a 400 for a parameter that is given twice, of which only one would apply."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise HTTPException(400, f"{name} is given more than once")


def parse_filter(request: Request, events: Collection[str]) -> DeliveryFilter:
    """Return the filter of `event`, `verdict`, `signature`, `path` and `text`.

    `events` are the event names of the contract.
    """
    event = _text_parameter(request, "event")
    if event is not None and event != "-" and event not in events:
        raise HTTPException(400, f"unknown event {abbreviate(event)}")
    verdict, signature = _text_parameter(request, "verdict"), _text_parameter(request, "signature")
    for name, value, known in (
        ("verdict", verdict, _VERDICTS),
        ("signature", signature, _SIGNATURES),
    ):
        if value is not None and value not in known:
            raise HTTPException(
                400, f"{name} is {', '.join(known[:-1])} or {known[-1]}, not {abbreviate(value)}"
            )
    text = _text_parameter(request, "text")
    if text is not None and len(text) > _MAX_TEXT_CHARS:
        raise HTTPException(400, f"text has at most {_MAX_TEXT_CHARS} characters, not {len(text)}")
    return DeliveryFilter(event, verdict, signature, _text_parameter(request, "path"), text)


def parse_id_range(request: Request) -> IdRange:
    """Return the range of `after`, `before` and `newest`."""
    return IdRange(
        parse_integer(request, "after", 0, 0, MAX_ID),
        parse_integer(request, "before", MAX_ID, 0, MAX_ID),
        newest_first=bool(parse_integer(request, "newest", 0, 0, 1)),
    )


def parse_integer(request: Request, name: str, default: int, minimum: int, maximum: int) -> int:
    """Return an integer from `minimum` to `maximum`."""
    text = request.query_params.get(name, str(default))
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not minimum <= value <= maximum:
        raise HTTPException(
            400, f"{name} is a number from {minimum} to {maximum}, not {abbreviate(text)}"
        )
    return value


def parse_seconds(request: Request, name: str, default: float) -> float:
    """Return a number of seconds."""
    text = request.query_params.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= _MAX_WAIT_S:
        raise HTTPException(400, f"{name} is 0 to {_MAX_WAIT_S:g} seconds, not {abbreviate(text)}")
    return value


def _text_parameter(request: Request, name: str) -> str | None:
    value = request.query_params.get(name)
    if value == "":  # a script lacks a variable; without a filter, a removal would remove all
        raise HTTPException(400, f"{name} has no value; omit it for no filter")
    return value
