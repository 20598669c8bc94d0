"""uvicorn configuration of the mock."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from mock_server.messages import HttpResponse
from mock_server.responses.errors import ErrorResponses, RequestRejected
from openapi.contract import Contract
from openapi.http.limits import RequestLimits
from openapi.http.protocol import BoundedProtocol

_SHUTDOWN_TIMEOUT_S = 3
DEFAULT_LIMITS = RequestLimits()


def uvicorn_config(
    app: ASGIApp | Callable[[], ASGIApp],
    contract: Contract,
    limits: RequestLimits = DEFAULT_LIMITS,
    tls: tuple[Path, Path] | None = None,
    workers: int = 1,
) -> uvicorn.Config:
    """Return the configuration for `app` (of `create_app`); `tls` is a certificate and its key.

    With several `workers`, `app` is a factory that each worker calls. The caller binds the socket:
    `uvicorn.Server(uvicorn_config(...)).run(sockets=[listener])`.
    """
    protocol = partial(
        BoundedProtocol, limits=limits, error_responses=_early_error_responses(contract, limits)
    )
    return uvicorn.Config(
        app,
        factory=workers > 1,
        workers=workers,
        http=cast(Any, protocol),  # uvicorn calls it like the class
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the rate limit uses the connection's address, not a claimed one
        timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT_S,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )


def _early_error_responses(contract: Contract, limits: RequestLimits) -> dict[int, bytes]:
    """Return the raw responses to bytes that are not a complete request, by status."""
    error_responses = ErrorResponses(contract)
    sentences = {
        400: "The bytes are not an HTTP/1.1 request",
        408: f"The request was not complete within {limits.timeout_s:g} s",
        413: f"The request is larger than {limits.max_request_bytes} bytes",
        431: f"The head exceeds {limits.max_headers} headers or {limits.max_head_bytes} bytes",
    }
    return {
        status: _serialize_response(error_responses.response(RequestRejected(status, sentence), ""))
        for status, sentence in sentences.items()
    }


def _serialize_response(response: HttpResponse) -> bytes:
    phrase = HTTPStatus(response.status).phrase
    headers = (*response.headers, (b"content-length", b"%d" % len(response.body)))
    lines = [f"HTTP/1.1 {response.status} {phrase}".encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", response.body])
