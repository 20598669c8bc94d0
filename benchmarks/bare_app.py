"""Minimal ASGI app: it reads the body and sends one fixed response, without any check.

The variable `BENCHMARK_ANSWER` has status and body: the success example of the contract.
"""

import os

from starlette.types import Receive, Scope, Send

STATUS, _, _TEXT = os.environ["BENCHMARK_ANSWER"].partition(" ")
BODY = _TEXT.encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the same response to every request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": int(STATUS), "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
