"""Sending one delivery once more, to where somebody asks for it and where that is allowed."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openapi.http.json_api import answer, body_of
from openapi.strict_json import parse
from webhook_sink import views
from webhook_sink.api.deliveries import delivery_of
from webhook_sink.api.services import Parts
from webhook_sink.destination import Destination, destination
from webhook_sink.forwarding.attempt import Attempt

_MOST = 64 * 1024
"""Bytes of a request."""


class PassingApi:
    """The endpoint of one sink."""

    def __init__(self, parts: Parts) -> None:
        """Send deliveries of `parts` to where its `passing` allows it."""
        self._parts = parts

    async def resend(self, request: Request) -> Response:
        """Send the delivery to the `url` of the body; answer with what came of it.

        400 for what is no URL, 403 for one that is not allowed.
        """
        delivery = await run_in_threadpool(delivery_of, request, self._parts.store)
        wanted = _wanted(await body_of(request, _MOST))
        refusal = self._parts.passing.refusal(wanted)
        if refusal is not None:
            raise HTTPException(403, refusal)
        attempt = Attempt(delivery, wanted, "resend")
        await attempt.go()
        passed = await attempt.passed()
        await run_in_threadpool(self._parts.store.keep_passed, passed)
        self._parts.news.tell(delivery.id)
        return answer({"passed": views.passed_on(passed)})


def _wanted(body: bytes) -> Destination:
    """Return where the request asks to send to; 400 where it does not."""
    value = parse(body).value
    url = value.get("url") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(url, str):
        raise HTTPException(400, 'say where to: {"url": "http://127.0.0.1:3000/webhooks"}')
    try:
        return destination(url)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None
