"""JSON API of mock server and sink: responses, and errors as `{"message": "..."}`."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from openapi.files.sqlite_file import StoreError

ADMIN_PATH = "/_hookproof/"
"""Path prefix of the pages and APIs of mock server and sink; no contract may use it."""


def api_response(value: object, status: int = 200) -> Response:
    """Return a JSON response in ASCII."""
    return Response(json.dumps(value), status, media_type="application/json")


def json_api_app(routes: Sequence[BaseRoute]) -> Starlette:
    """Return an application of `routes` with JSON errors; a `StoreError` becomes a 503."""
    app = Starlette(routes=routes)
    app.add_exception_handler(StoreError, _store_error_response)
    app.add_exception_handler(HTTPException, _http_error_response)
    app.add_exception_handler(Exception, _internal_error_response)
    app.router.redirect_slashes = False
    return app


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request; raise a 413 above `max_bytes`."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise HTTPException(413, f"the request has more than {max_bytes} bytes")
    return body


def _store_error_response(_: Request, error: Exception) -> Response:
    return api_response({"message": str(error)}, 503)


def _internal_error_response(_: Request, _error: Exception) -> Response:
    return api_response({"message": "the server failed; its log says why"}, 500)


def _http_error_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not allowed here; use {(error.headers or {}).get('Allow')}",
    }
    plain = error.detail == HTTPStatus(error.status_code).phrase
    message = messages.get(error.status_code, error.detail) if plain else error.detail
    response = api_response({"message": message}, error.status_code)
    response.headers.update(error.headers or {})
    return response
