"""Export endpoints: a delivery as a copy to paste or as bytes, many as a file."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from openapi.schema_validation import abbreviate
from webhook_sink.api.deliveries import get_delivery_or_404
from webhook_sink.api.parameters import parse_filter, parse_id_range
from webhook_sink.api.services import Services
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.destination import parse_destination
from webhook_sink.export.curl import curl_command
from webhook_sink.export.files import FORMATS, http_archive, json_lines
from webhook_sink.export.har import har_entry
from webhook_sink.export.pytest_test import pytest_test

_COPY_FORMATS = ("curl", "test", "har")


class ExportsApi:
    """The endpoints over one store."""

    def __init__(self, services: Services) -> None:
        """Hand out the deliveries of `parts`."""
        self._services = services
        self._store = services.store

    def copy(self, request: Request) -> Response:
        """Answer with one delivery as `curl` command, as test, or as entry of an HTTP Archive."""
        kind = _parse_choice(request, "format", _COPY_FORMATS)
        url = _copy_url(request)
        delivery = get_delivery_or_404(request, self._store)
        if kind == "curl":
            text = curl_command(delivery, url, _fetch_body_command(request, delivery.id))
        elif kind == "test":
            text = pytest_test(delivery, url)
        else:
            forward_attempt = self._store.forward_attempts(delivery.id)
            made = har_entry(
                delivery, forward_attempt[-1] if forward_attempt else None, _base_url(request)
            )
            return Response(json.dumps(made, indent=2), media_type="application/json")
        return Response(text, media_type="text/plain")

    def body(self, request: Request) -> Response:
        """Answer with the bytes of a body, to be saved and not shown."""
        delivery = get_delivery_or_404(request, self._store)
        headers = {
            **_attachment(f"delivery-{delivery.id}.body"),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(delivery.body, 200, headers, "application/octet-stream")

    def export(self, request: Request) -> Response:
        """Answer with all that fits, oldest first, read from the store while it is sent."""
        kind = _parse_choice(request, "format", tuple(FORMATS))
        delivery_filter = parse_filter(request, self._services.events)
        span = replace(parse_id_range(request), newest_first=False)

        def found() -> Iterator[tuple[Delivery, tuple[ForwardAttempt, ...]]]:
            for delivery in self._services.search.all(delivery_filter, span):
                yield delivery, self._store.forward_attempts(delivery.id)

        if kind == "jsonl":
            chunks = json_lines(found())
        else:
            chunks = http_archive(found(), _base_url(request), _hookproof_version())
        headers = _attachment(f"deliveries.{kind}")
        return StreamingResponse(chunks, 200, headers, FORMATS[kind])


def _parse_choice(request: Request, name: str, known: tuple[str, ...]) -> str:
    value = request.query_params.get(name, known[0])
    if value not in known:
        choice = f"{', '.join(known[:-1])} or {known[-1]}"
        raise HTTPException(400, f"{name} is {choice}, not {abbreviate(value)}")
    return value


def _copy_url(request: Request) -> str:
    """Return where a copy sends to: what `url` says, or else this sink."""
    try:
        delivery_filter = parse_destination(request.query_params.get("url") or _base_url(request))
    except ValueError as error:
        raise HTTPException(400, f"url: {error}") from None
    if delivery_filter.query is not None:
        raise HTTPException(400, "url: the query is the delivery's; leave it out")
    return delivery_filter.origin + delivery_filter.path.rstrip("/")


def _base_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _fetch_body_command(request: Request, number: int) -> str:
    """Return a command that writes the body of a delivery of this sink."""
    command = (
        f"curl -s {shlex.quote(f'{_base_url(request)}/_hookproof/api/deliveries/{number}/body')}"
    )
    # Who came in by a token will need it there too; it is not repeated.
    asked = {"authorization", "cookie"} & set(request.headers)
    return command + (' -H "Authorization: Bearer $HOOKPROOF_SINK_TOKEN"' if asked else "")


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _hookproof_version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout"
