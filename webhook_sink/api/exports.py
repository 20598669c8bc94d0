"""Export API: one delivery as curl command, pytest test, HAR entry or bytes; many as a file."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from openapi.schemas.validation import abbreviate
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
    """Endpoints that export deliveries of one store."""

    def __init__(self, services: Services) -> None:
        """Export the deliveries of `services`."""
        self._services = services
        self._store = services.store

    def copy(self, request: Request) -> Response:
        """Return one delivery as curl command, pytest test or HAR entry."""
        kind = _parse_choice(request, "format", _COPY_FORMATS)
        url = _copy_url(request)
        delivery = get_delivery_or_404(request, self._store)
        if kind == "curl":
            text = curl_command(delivery, url, _fetch_body_command(request, delivery.id))
        elif kind == "test":
            text = pytest_test(delivery, url)
        else:
            last_attempt = next(reversed(self._store.forward_attempts(delivery.id)), None)
            entry = har_entry(delivery, last_attempt, _base_url(request))
            return Response(json.dumps(entry, indent=2), media_type="application/json")
        return Response(text, media_type="text/plain")

    def body(self, request: Request) -> Response:
        """Return the bytes of a body as an attachment."""
        delivery = get_delivery_or_404(request, self._store)
        headers = {
            **_attachment(f"delivery-{delivery.id}.body"),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(delivery.body, 200, headers, "application/octet-stream")

    def export(self, request: Request) -> Response:
        """Stream all deliveries that match, oldest first."""
        kind = _parse_choice(request, "format", tuple(FORMATS))
        delivery_filter = parse_filter(request, self._services.events)
        id_range = replace(parse_id_range(request), newest_first=False)

        def found() -> Iterator[tuple[Delivery, tuple[ForwardAttempt, ...]]]:
            for delivery in self._services.search.all(delivery_filter, id_range):
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
    """Return the URL that a copy sends to: the parameter `url`, or else this sink."""
    try:
        destination = parse_destination(request.query_params.get("url") or _base_url(request))
    except ValueError as error:
        raise HTTPException(400, f"url: {error}") from None
    if destination.query is not None:
        raise HTTPException(400, "url must have no query: the delivery has its own")
    return destination.origin + destination.path.rstrip("/")


def _base_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _fetch_body_command(request: Request, number: int) -> str:
    """Return a command that writes the body of a delivery of this sink."""
    command = (
        f"curl -s {shlex.quote(f'{_base_url(request)}/_hookproof/api/deliveries/{number}/body')}"
    )
    # A client with a token needs it for the body too; the command must not contain it.
    needs_token = bool({"authorization", "cookie"} & set(request.headers))
    return command + (' -H "Authorization: Bearer $HOOKPROOF_SINK_TOKEN"' if needs_token else "")


def _attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _hookproof_version() -> str:
    try:
        return version("hookproof")
    except PackageNotFoundError:
        return "of a checkout"
