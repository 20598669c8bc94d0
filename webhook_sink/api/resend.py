"""Resend endpoint: sends one delivery to a URL that the forward policy allows."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import api_response, read_body
from openapi.strict_json import parse_json
from webhook_sink import views
from webhook_sink.api.deliveries import get_delivery_or_404
from webhook_sink.api.services import Services
from webhook_sink.destination import Destination, parse_destination
from webhook_sink.forwarding.pending_forward import PendingForward

_MAX_REQUEST_BYTES = 64 * 1024


class ResendApi:
    """Endpoint that resends deliveries of one store."""

    def __init__(self, services: Services) -> None:
        """Resend the deliveries of `services` where its `forward_policy` allows it."""
        self._services = services

    async def resend(self, request: Request) -> Response:
        """Send the delivery to the `url` of the body and return the attempt.

        400 for an invalid URL, 403 for one that is not allowed.
        """
        delivery = await run_in_threadpool(get_delivery_or_404, request, self._services.store)
        resend_destination = _requested_destination(await read_body(request, _MAX_REQUEST_BYTES))
        rejection_reason = self._services.forward_policy.rejection_reason(resend_destination)
        if rejection_reason is not None:
            raise HTTPException(403, rejection_reason)
        pending = PendingForward(delivery, resend_destination, "resend")
        await pending.send()
        forward_attempt = await pending.forward_attempt()
        await run_in_threadpool(self._services.store.add_forward_attempt, forward_attempt)
        self._services.change_feed.publish(delivery.id)
        return api_response({"outgoing": views.forward_attempt_json(forward_attempt)})


def _requested_destination(body: bytes) -> Destination:
    """Return the destination that the request names; 400 if it names none."""
    value = parse_json(body).value
    url = value.get("url") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(url, str):
        raise HTTPException(400, 'send the destination: {"url": "http://127.0.0.1:3000/webhooks"}')
    try:
        return parse_destination(url)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
