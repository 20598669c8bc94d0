"""Every endpoint of the sink's own, with its place under /_hookproof/.

Which requests are deliveries, and which are for the sink itself."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.http.json_api import explained
from openapi.http.origin_guard import Guard
from webhook_sink.api.access import HEALTH, Entrance
from webhook_sink.api.deliveries import Api
from webhook_sink.api.exports import CopiesApi
from webhook_sink.api.rejudge import Anew
from webhook_sink.api.resend import PassingApi
from webhook_sink.api.services import Parts
from webhook_sink.api.stream import Stream
from webhook_sink.storage.store import StoreError


def endpoints(parts: Parts) -> Sequence[Route]:
    """Return them; the first that fits a path answers."""
    api, copies = Api(parts), CopiesApi(parts)
    return [
        Route("/healthz", api.healthz),
        Route("/api/deliveries", api.list),
        Route("/api/deliveries", api.clear, methods=["DELETE"]),
        Route("/api/deliveries/wait", api.wait),
        Route("/api/deliveries/stream", Stream(parts).answer),
        Route("/api/deliveries/export", copies.export),
        Route("/api/deliveries/{id:int}", api.get),
        Route("/api/deliveries/{id:int}/judge", Anew(parts).answer, methods=["POST"]),
        Route("/api/deliveries/{id:int}/resend", PassingApi(parts).resend, methods=["POST"]),
        Route("/api/deliveries/{id:int}/body", copies.body),
        Route("/api/deliveries/{id:int}/copy", copies.copy),
    ]


_OWN = "/_hookproof"
Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


def front(
    receiver: ASGIApp, endpoints: Sequence[Route], token: str | None, lifespan: Lifespan
) -> ASGIApp:
    """Return the app: `endpoints` and the page below /_hookproof/, for all else `receiver`.

    With a `token` it opens what is below /_hookproof/; without, the guard does.
    """
    # The page, and what pages of mock and sink have in common.
    page = StaticFiles(
        packages=[("webhook_sink", "inspector"), ("openapi.http", "static")], html=True
    )
    own = explained([*endpoints, Mount("/", page)], [StoreError])
    inside = Mount(_OWN, Entrance(own, token, {HEALTH}) if token else Guard(own))
    router = Router([inside], redirect_slashes=False, lifespan=lifespan)
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
