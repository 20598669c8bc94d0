"""The sink, put together: what answers where."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from openapi.contract import Contract
from openapi.signature import Secrets, listed
from webhook_sink.api.routes import Lifespan, endpoints, front
from webhook_sink.api.services import Parts
from webhook_sink.delivery import Delivery
from webhook_sink.destination import NOWHERE, Passing
from webhook_sink.forwarding.forwarder import Forwarding
from webhook_sink.intake.batch_writer import Reply, Writer, as_listed
from webhook_sink.intake.endpoint import Receiver
from webhook_sink.notifications import Arrivals
from webhook_sink.replies.script import Given, Replies, parse_replies
from webhook_sink.storage.pruner import Pruning
from webhook_sink.storage.retention import Bounds
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.verdict import Verdict, judge
from webhook_sink.verdicts.worker import Judging

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
    forwarded = forwarding[0].answer if forwarding else None
    receiver = Receiver(writer, limit, known.written(), forwarded)
    pruning = Pruning(store, bounds, parts.removed)
    lifespan = _lifespan([pruning, writer, *forwarding, judging], store)
    return front(receiver, endpoints(parts), token, lifespan)


def _lifespan(threads: Sequence[Pruning | Writer | Forwarding | Judging], store: Store) -> Lifespan:
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
