"""The endpoints that hand deliveries out: as a copy to paste, as bytes, as a file of many."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from openapi.schema_validation import brief
from webhook_sink.api.deliveries import delivery_of
from webhook_sink.api.parameters import filter_of, span_of
from webhook_sink.api.services import Parts
from webhook_sink.delivery import Delivery, Passed
from webhook_sink.destination import destination
from webhook_sink.export.curl import curl
from webhook_sink.export.files import FORMATS, http_archive, json_lines
from webhook_sink.export.har import entry
from webhook_sink.export.pytest_test import pytest_test

_KINDS = ("curl", "test", "har")


class CopiesApi:
    """The endpoints over one store."""

    def __init__(self, parts: Parts) -> None:
        """Hand out the deliveries of `parts`."""
        self._parts = parts
        self._store = parts.store

    def copy(self, request: Request) -> Response:
        """Answer with one delivery as `curl` command, as test, or as entry of an HTTP Archive."""
        kind = _one_of(request, "as", _KINDS)
        url = _url(request)
        delivery = delivery_of(request, self._store)
        if kind == "curl":
            text = curl(delivery, url, _fetching(request, delivery.id))
        elif kind == "test":
            text = pytest_test(delivery, url)
        else:
            passed = self._store.passed(delivery.id)
            made = entry(delivery, passed[-1] if passed else None, _here(request))
            return Response(json.dumps(made, indent=2), media_type="application/json")
        return Response(text, media_type="text/plain")

    def body(self, request: Request) -> Response:
        """Answer with the bytes of a body, to be saved and not shown."""
        delivery = delivery_of(request, self._store)
        headers = {
            **_attachment(f"delivery-{delivery.id}.body"),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(delivery.body, 200, headers, "application/octet-stream")

    def export(self, request: Request) -> Response:
        """Answer with all that fits, oldest first, read from the store while it is sent."""
        kind = _one_of(request, "format", tuple(FORMATS))
        wanted = filter_of(request, self._parts.events)
        span = replace(span_of(request), newest_first=False)

        def found() -> Iterator[tuple[Delivery, tuple[Passed, ...]]]:
            for delivery in self._parts.search.all(wanted, span):
                yield delivery, self._store.passed(delivery.id)

        if kind == "jsonl":
            pieces = json_lines(found())
        else:
            pieces = http_archive(found(), _here(request), _version())
        headers = _attachment(f"deliveries.{kind}")
        return StreamingResponse(pieces, 200, headers, FORMATS[kind])


def _one_of(request: Request, name: str, known: tuple[str, ...]) -> str:
    value = request.query_params.get(name, known[0])
    if value not in known:
        choice = f"{', '.join(known[:-1])} or {known[-1]}"
        raise HTTPException(400, f"{name} is {choice}, not {brief(value)}")
    return value


def _url(request: Request) -> str:
    """Return where a copy sends to: what `url` says, or else this sink."""
    try:
        wanted = destination(request.query_params.get("url") or _here(request))
    except ValueError as error:
        raise HTTPException(400, f"url: {error}") from None
    if wanted.query is not None:
        raise HTTPException(400, "url: the query is the delivery's; leave it out")
    return wanted.origin + wanted.path.rstrip("/")


def _here(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _fetching(request: Request, number: int) -> str:
    """Return a command that writes the body of a delivery of this sink."""
    command = f"curl -s {shlex.quote(f'{_here(request)}/_hookproof/api/deliveries/{number}/body')}"
    # Who came in by a token will need it there too; it is not repeated.
    asked = {"authorization", "cookie"} & set(request.headers)
    return command + (' -H "Authorization: Bearer $HOOKPROOF_SINK_TOKEN"' if asked else "")


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout"
