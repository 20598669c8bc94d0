"""Which requests are deliveries, and which are for the sink itself."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.guard import Guard
from openapi.own_answers import explained
from webhook_sink.entrance import HEALTH, Entrance
from webhook_sink.store import StoreError

_OWN = "/_hookproof"
Lifespan = Callable[[object], AbstractAsyncContextManager[None]]


def front(
    receiver: ASGIApp, endpoints: Sequence[Route], token: str | None, lifespan: Lifespan
) -> ASGIApp:
    """Return the app: `endpoints` and the page below /_hookproof/, for all else `receiver`.

    With a `token` it opens what is below /_hookproof/; without, the guard does.
    """
    # The page, and what pages of mock and sink have in common.
    page = StaticFiles(packages=[("webhook_sink", "inspector"), ("openapi", "page")], html=True)
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
