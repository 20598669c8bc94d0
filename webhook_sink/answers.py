"""JSON answers, and exceptions as JSON answers."""

import json
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webhook_sink.store import StoreError


def answer(value: object, status: int = 200) -> Response:
    """Return `value` as a JSON answer in ASCII, which no text in it can break out of."""
    return Response(json.dumps(value), status, media_type="application/json")


def explained(routes: list[BaseRoute]) -> Starlette:
    """Return an application that answers `{"message": "..."}` where something is wrong."""
    handlers = {HTTPException: _refused, StoreError: _failed}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentences = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not possible here; use {(error.headers or {}).get('Allow')}",
    }
    plain = error.detail == HTTPStatus(error.status_code).phrase
    message = sentences.get(error.status_code, error.detail) if plain else error.detail
    refusal = answer({"message": message}, error.status_code)
    refusal.headers.update(error.headers or {})
    return refusal


def _failed(_: Request, error: Exception) -> Response:
    return answer({"message": str(error)}, 503)
