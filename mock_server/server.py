"""The mock under uvicorn: the one configuration that everybody who serves it uses."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from mock_server.messages import Answer
from mock_server.responses.errors import Problems, Refusal
from openapi.contract import Contract
from openapi.http.limits import Limits
from openapi.http.protocol import BoundedProtocol

_GRACE = 3
"""Seconds that a request may take to end when the server stops."""
LIMITS = Limits()


def uvicorn_config(
    app: ASGIApp | Callable[[], ASGIApp],
    contract: Contract,
    limits: Limits = LIMITS,
    tls: tuple[Path, Path] | None = None,
    workers: int = 1,
) -> uvicorn.Config:
    """Return the configuration for `app` (of `create_app`); `tls`: a certificate and its key.

    For several `workers`, `app` makes the application, in each of them.
    The caller binds the socket: `uvicorn.Server(uvicorn_config(...)).run(sockets=[listener])`.
    """
    protocol = partial(BoundedProtocol, limits=limits, refusals=_refusals(contract, limits))
    return uvicorn.Config(
        app,
        factory=workers > 1,
        workers=workers,
        http=cast(Any, protocol),  # called as the class would be
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the rate limit goes by the connection's address, whatever is claimed
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )


def _refusals(contract: Contract, limits: Limits) -> dict[int, bytes]:
    """Return the answers that are given before there is a request, as they stand on the wire."""
    problems = Problems(contract)
    sentences = {
        400: "These bytes are no request of HTTP/1.1",
        408: f"The request did not arrive within {limits.seconds:g} s",
        413: f"The request is larger than {limits.request} bytes",
        431: f"The head has over {limits.headers} headers or {limits.head} bytes",
    }
    return {
        status: _on_the_wire(problems.answer(Refusal(status, sentence), ""))
        for status, sentence in sentences.items()
    }


def _on_the_wire(answer: Answer) -> bytes:
    phrase = HTTPStatus(answer.status).phrase
    headers = (*answer.headers, (b"content-length", b"%d" % len(answer.body)))
    lines = [f"HTTP/1.1 {answer.status} {phrase}".encode(), b"connection: close"]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", answer.body])
