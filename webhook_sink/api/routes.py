"""Routes of the sink: page and API under /_hookproof/, deliveries on every other path."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.http.json_api import json_api_app
from openapi.http.origin_guard import OriginGuard
from webhook_sink.api.access import HEALTH_PATH, TokenGate
from webhook_sink.api.deliveries import DeliveriesApi
from webhook_sink.api.exports import ExportsApi
from webhook_sink.api.rejudge import RejudgeApi
from webhook_sink.api.resend import ResendApi
from webhook_sink.api.services import Services
from webhook_sink.api.stream import EventStream


def api_routes(services: Services) -> Sequence[Route]:
    """Return them; the first that fits a path answers."""
    api, copies = DeliveriesApi(services), ExportsApi(services)
    return [
        Route("/healthz", api.healthz),
        Route("/api/deliveries", api.list),
        Route("/api/deliveries", api.clear, methods=["DELETE"]),
        Route("/api/deliveries/wait", api.wait),
        Route("/api/deliveries/stream", EventStream(services).answer),
        Route("/api/deliveries/export", copies.export),
        Route("/api/deliveries/{id:int}", api.get),
        Route("/api/deliveries/{id:int}/judge", RejudgeApi(services).answer, methods=["POST"]),
        Route("/api/deliveries/{id:int}/resend", ResendApi(services).resend, methods=["POST"]),
        Route("/api/deliveries/{id:int}/body", copies.body),
        Route("/api/deliveries/{id:int}/copy", copies.copy),
    ]


_OWN = "/_hookproof"
Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


def create_router(
    receiver: ASGIApp, api_routes: Sequence[Route], token: str | None, lifespan: Lifespan
) -> ASGIApp:
    """Return the app: `endpoints` and the page below /_hookproof/, for all else `receiver`.

    With a `token` it opens what is below /_hookproof/; without, the guard does.
    """
    # The page, and what pages of mock and sink have in common.
    page = StaticFiles(
        packages=[("webhook_sink", "inspector"), ("openapi.http", "static")], html=True
    )
    own_app = json_api_app([*api_routes, Mount("/", page)])
    own_mount = Mount(
        _OWN, TokenGate(own_app, token, {HEALTH_PATH}) if token else OriginGuard(own_app)
    )
    router = Router([own_mount], redirect_slashes=False, lifespan=lifespan)
    to_page = RedirectResponse(f"{_OWN}/")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Looked at here, because routing takes longer than all else that the receiver does.
        if scope["type"] != "http" or scope["path"].startswith(f"{_OWN}/"):
            await router(scope, receive, send)
        elif scope["path"] == _OWN and scope["method"] in ("GET", "HEAD"):
            await to_page(scope, receive, send)
        else:
            await receiver(scope, receive, send)

    return app
