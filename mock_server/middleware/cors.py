"""CORS: a page of any origin may call the operations and read every response.

Credentials in the sense of the Fetch standard are not allowed: the page itself sends the token in
`Authorization`, and the mock uses no cookies.
"""

from collections.abc import Awaitable, Iterator

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
"""Headers that the mock sends for reasons of HTTP, exposed in addition to the documented ones."""


class ContractCorsMiddleware:
    """Middleware that answers preflights and adds CORS headers to responses."""

    def __init__(self, app: ASGIApp, contract: Contract) -> None:
        """Expose the response headers that `contract` documents."""
        self._app = app
        self._cors_app = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=True,
            expose_headers=tuple(exposed_headers(contract)),
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request without `Origin` on: no page of another origin sent it."""
        app = self._app
        if scope["type"] == "http":
            for name, _ in scope["headers"]:  # a loop is faster than a generator here
                if name == b"origin":
                    app = self._cors_app
                    break
        return app(scope, receive, send)


def exposed_headers(contract: Contract) -> Iterator[str]:
    """Yield the name of each header that a response may carry, once."""
    documented = (
        header.name
        for operation in contract.operations
        for response_spec in operation.responses.values()
        for header in response_spec.headers
    )
    yield from {name.lower(): name for name in (*documented, *_ALWAYS_EXPOSED_HEADERS)}.values()
