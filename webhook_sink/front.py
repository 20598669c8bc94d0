"""Which requests are deliveries, and which are for the sink itself."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.responses import RedirectResponse
from starlette.routing import Match, Mount, Route, Router
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
    router = Router(
        routes=[
            Mount(_OWN, Entrance(own, token, {HEALTH}) if token else Guard(own)),
            _Look(_OWN, lambda _: RedirectResponse(f"{_OWN}/")),
        ],
        default=receiver,
        redirect_slashes=False,
        lifespan=lifespan,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Looked at here, because routing takes longer than all else that the receiver does.
        foreign = scope["type"] == "http" and not scope["path"].startswith(_OWN)
        await (receiver if foreign else router)(scope, receive, send)

    return app


class _Look(Route):
    """A route for GET and HEAD; with any other method a request to its path is a delivery."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See starlette, which would answer 405 to a match in part."""
        match, child = super().matches(scope)
        return (match if match is Match.FULL else Match.NONE), child
