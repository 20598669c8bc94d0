"""The least that an ASGI server can be asked for: read the body, answer one text. Nothing checked.

The answer is the environment's `BENCHMARK_ANSWER`, status and body of what the contract shows.
"""

import os

from starlette.types import Receive, Scope, Send

STATUS, _, _TEXT = os.environ["BENCHMARK_ANSWER"].partition(" ")
BODY = _TEXT.encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request in the same way."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": int(STATUS), "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
