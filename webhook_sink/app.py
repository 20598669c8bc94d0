"""The sink, put together: what answers where."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from starlette.responses import RedirectResponse
from starlette.routing import Match, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.document import Contract
from openapi.guard import Guard
from webhook_sink.allowed import NOWHERE, Passing
from webhook_sink.answers import explained
from webhook_sink.arrivals import Arrivals
from webhook_sink.delivery import Delivery
from webhook_sink.endpoints import endpoints
from webhook_sink.entrance import HEALTH, Entrance
from webhook_sink.extent import Bounds
from webhook_sink.forwarding import Forwarding
from webhook_sink.given_secrets import Secrets, listed
from webhook_sink.judging import Judging
from webhook_sink.parts import Parts
from webhook_sink.pruning import Pruning
from webhook_sink.receiver import Receiver
from webhook_sink.replies import Given, Replies, parse_replies
from webhook_sink.store import Store
from webhook_sink.verdict import Verdict, judge
from webhook_sink.writer import Reply, Writer, as_listed

LIMIT = 1024 * 1024
"""Bytes of a body that are kept, unless told otherwise."""
NO_BOUNDS = Bounds()


def create_app(  # noqa: PLR0913 - all that a sink can be told
    contract: Contract,
    *,
    store: Store,
    secret: Secrets = None,
    replies: Replies | Given = (200,),
    reply: Reply = as_listed,
    limit: int = LIMIT,
    bounds: Bounds = NO_BOUNDS,
    passing: Passing = NOWHERE,
    arrivals: Arrivals | None = None,
    token: str | None = None,
) -> ASGIApp:
    """Return the ASGI app; serve it with `webhook_sink.server.uvicorn_config(app)`, lifespan on.

    `secret` is the webhook secret, without which signatures stay unchecked; of several the first
    counts. `replies` are statuses (200 to 599) for each delivery in turn, the last repeats, or
    scripts, as `webhook_sink.replies` describes them: what is wrong with one is a `ValueError`.
    `reply` may choose another for a delivery: it is called in the thread that stores, and returns
    None where it does not choose. `limit` is in bytes of body, `bounds` are what is kept of all
    deliveries. `passing` says where they go on to, and where they may be sent on request.
    `arrivals` hears of every delivery stored. With a `token`, page and API are for whoever has it.
    The app takes `store` over and closes it at its end.
    """
    known = replies if isinstance(replies, Replies) else parse_replies(replies)
    if known.forwarded and passing.forward_to is None:
        raise ValueError(
            "the reply forwarded is the answer of a receiver; say to where: forward_to"
        )
    if limit < 1:
        raise ValueError("limit is a number of bytes from 1")
    arrivals = arrivals or Arrivals()
    writer = Writer(store, known, arrivals, reply)

    secrets = listed(secret)

    def judged(delivery: Delivery, *, explained: bool = True) -> Verdict:
        return judge(delivery, contract, secrets, explained=explained)

    # Nobody reads in an index why a signature is wrong.
    quickly = partial(judged, explained=False)
    judging = Judging(store, quickly, arrivals, secrets, writer.busy)
    parts = Parts(contract, store, judged, arrivals, judging, secrets=secrets, passing=passing)
    to = passing.forward_to
    forwarding = [Forwarding(store, arrivals, parts.news, to)] if to else []
    # The page, and what pages of mock and sink have in common.
    page = StaticFiles(packages=[("webhook_sink", "inspector"), ("openapi", "page")], html=True)
    own = explained([*endpoints(parts), Mount("/", page)])
    forwarded = forwarding[0].answer if forwarding else None
    receiver = Receiver(writer, limit, known.written(), forwarded)
    router = Router(
        routes=[
            Mount("/_hookproof", Entrance(own, token, {HEALTH}) if token else Guard(own)),
            _Look("/_hookproof", lambda _: RedirectResponse("/_hookproof/")),
        ],
        default=receiver,
        redirect_slashes=False,
        lifespan=_lifespan(
            [Pruning(store, bounds, parts.removed), writer, *forwarding, judging], store
        ),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Looked at here, because routing takes longer than all else that the receiver does.
        foreign = scope["type"] == "http" and not scope["path"].startswith("/_hookproof")
        await (receiver if foreign else router)(scope, receive, send)

    return app


class _Look(Route):
    """A route for GET and HEAD; with any other method a request to its path is a delivery."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See starlette, which would answer 405 to a match in part."""
        match, child = super().matches(scope)
        return (match if match is Match.FULL else Match.NONE), child


def _lifespan(
    threads: Sequence[Pruning | Writer | Forwarding | Judging], store: Store
) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Start `threads`; end them in the same order, and then close `store`."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.close()
        store.close()

    return lifespan
