"""CORS: a page of any origin may call the contract's operations and read all that is answered.

Without credentials in the sense of the Fetch standard: a token in `Authorization` is sent by the
page itself; cookies there are none.
"""

from collections.abc import Iterator

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract

_ALWAYS_EXPOSED_HEADERS = (
    "Retry-After",
    "Preference-Applied",
    "WWW-Authenticate",
    "Allow",
    "Location",
)
"""Exposed whatever the contract documents: the mock sends them for reasons of HTTP."""


class ContractCorsMiddleware:
    """Answers preflights, and marks answers to pages as readable by them."""

    def __init__(self, app: ASGIApp, contract: Contract) -> None:
        """Take the way on and the contract, whose documented headers pages may read."""
        self._app = app
        self._cors_app = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=tuple(exposed_headers(contract)),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request without `Origin` pass: no page of another origin sent it."""
        app = self._app
        if scope["type"] == "http":
            for name, _ in scope["headers"]:  # every request passes here: no generator
                if name == b"origin":
                    app = self._cors_app
                    break
        await app(scope, receive, send)


def exposed_headers(contract: Contract) -> Iterator[str]:
    """Yield the name of each header that an answer may carry, once."""
    documented = (
        header.name
        for operation in contract.operations
        for response_spec in operation.responses.values()
        for header in response_spec.headers
    )
    yield from {name.lower(): name for name in (*documented, *_ALWAYS_EXPOSED_HEADERS)}.values()
