"""Routes of the sink: page and API under /_hookproof/, deliveries on every other path."""

import traceback
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.http.complete_response import send_response
from openapi.http.json_api import PageFiles, json_api_app
from openapi.http.origin_guard import OriginGuard
from openapi.http.page_visit import ROOT_PATH, is_page_visit
from openapi.http.refusal_log import RefusalLog
from webhook_sink.api.access import HEALTH_PATH, TokenGate
from webhook_sink.api.deliveries import DeliveriesApi
from webhook_sink.api.document import DocumentApi
from webhook_sink.api.exports import ExportsApi
from webhook_sink.api.rejudge import RejudgeApi
from webhook_sink.api.resend import ResendApi
from webhook_sink.api.sample import SampleApi
from webhook_sink.api.services import Services
from webhook_sink.api.settings import SettingsApi
from webhook_sink.api.stream import EventStream
from webhook_sink.protocol import UnsuitableServer


def api_routes(services: Services, *, has_token: bool) -> Sequence[Route]:
    """Return the routes of the API; the first that matches a path applies.

    `has_token`: the sink requires a token.
    """
    deliveries, exports = DeliveriesApi(services), ExportsApi(services)
    return [
        Route("/healthz", deliveries.healthz),
        Route("/openapi.json", DocumentApi(services, has_token=has_token).show),
        Route("/api/settings", SettingsApi(services).show),
        Route("/api/deliveries", deliveries.list),
        Route("/api/deliveries", deliveries.clear, methods=["DELETE"]),
        Route("/api/deliveries/sample", SampleApi(services).send, methods=["POST"]),
        Route("/api/deliveries/judged", deliveries.judged),
        Route("/api/deliveries/wait", deliveries.wait),
        Route("/api/deliveries/stream", EventStream(services).stream),
        Route("/api/deliveries/export", exports.export),
        Route("/api/deliveries/{id:int}", deliveries.get),
        Route("/api/deliveries/{id:int}/judge", RejudgeApi(services).rejudge, methods=["POST"]),
        Route("/api/deliveries/{id:int}/resend", ResendApi(services).resend, methods=["POST"]),
        Route("/api/deliveries/{id:int}/body", exports.body),
        Route("/api/deliveries/{id:int}/copy", exports.copy),
    ]


_ADMIN_PREFIX = "/_hookproof"
Lifespan = Callable[[object], AbstractAsyncContextManager[dict[str, object]]]


def create_router(
    receiver: ASGIApp,
    api_routes: Sequence[Route],
    token: str | None,
    lifespan: Lifespan,
    refusals: RefusalLog,
    visited_paths: Collection[str] = (),
) -> ASGIApp:
    """Return the app: `api_routes` and the page below /_hookproof/, `receiver` for all else.

    Page and API need `token`; without a token the origin guard protects them. `refusals` logs the
    errors of this program, to which clients get 500. A browser of this machine that opens one of
    `visited_paths`, `ROOT_PATH` or `ICON_PATH`, delivers nothing and is led to the page.
    """
    # The page, and the assets that the pages of mock and sink share.
    page = PageFiles(
        packages=[("webhook_sink", "inspector"), ("openapi.http", "static")], html=True
    )
    admin_app = json_api_app([*api_routes, Mount("/", page)])
    guarded = TokenGate(admin_app, token, {HEALTH_PATH}) if token else OriginGuard(admin_app)
    router = Router([], redirect_slashes=False, lifespan=lifespan)
    to_page, no_icon = RedirectResponse(f"{_ADMIN_PREFIX}/"), Response(status_code=204)

    def dispatch(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Compared here, because routing takes longer than the rest of `receiver`.
        if scope["type"] != "http":
            return router(scope, receive, send)
        if scope["path"].startswith(f"{_ADMIN_PREFIX}/"):
            # Not by a Mount, which matches no path with a line break.
            return guarded({**scope, "root_path": _ADMIN_PREFIX}, receive, send)
        if scope["path"] == _ADMIN_PREFIX and scope["method"] in ("GET", "HEAD"):
            return to_page(scope, receive, send)
        if scope["path"] in visited_paths and _is_visit(scope):
            return (to_page if scope["path"] == ROOT_PATH else no_icon)(scope, receive, send)
        return receiver(scope, receive, send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await dispatch(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http" or isinstance(error, UnsuitableServer):
                raise
            refusals.record(f"a request got 500, {_place(error)}", error=error)
            with suppress(RuntimeError):  # the response has begun
                await send_response(send, 500)

    return app


def _is_visit(scope: Scope) -> bool:
    """Return whether a browser opens the first URL that the sink prints, or looks for its icon.

    A handshake by GET has a query.
    """
    accepted = "text/html" if scope["path"] == ROOT_PATH else "image/"
    return not scope["query_string"] and is_page_visit(scope, accepted)


def _place(error: Exception) -> str:
    """Return kind and place of an error, of which there are few; its text is in the traceback."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
