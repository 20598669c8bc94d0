"""The sink, put together: what answers where."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.staticfiles import StaticFiles

from openapi.document import Contract
from openapi.guard import Guard
from webhook_sink.api import Api, answer
from webhook_sink.arrivals import Arrivals
from webhook_sink.delivery import Delivery
from webhook_sink.receiver import Receiver
from webhook_sink.store import Store, StoreError
from webhook_sink.verdict import Verdict, judge
from webhook_sink.writer import Reply, Writer, as_listed

LIMIT = 1024 * 1024
"""Bytes of a body that are kept, unless told otherwise."""


def create_app(
    contract: Contract,
    *,
    store: Store,
    secret: str | None = None,
    replies: Sequence[int] = (200,),
    reply: Reply = as_listed,
    limit: int = LIMIT,
    arrivals: Arrivals | None = None,
) -> Router:
    """Return the ASGI app; serve it with `webhook_sink.server.uvicorn_config(app)`, lifespan on.

    `secret` is the webhook secret, without which signatures stay unchecked. `replies` holds one
    status (200 to 599) for each delivery in turn, the last repeats; `reply` may choose another for
    a delivery: it is called in the thread that stores, and returns None where it does not choose.
    `limit` is in bytes of body.
    `arrivals` hears of every delivery stored. The app takes `store` over and closes it at its end.
    """
    if not replies or not all(200 <= status <= 599 for status in replies):
        raise ValueError("replies are one or more statuses from 200 to 599")
    if limit < 1:
        raise ValueError("limit is a number of bytes from 1")
    arrivals = arrivals or Arrivals()
    writer = Writer(store, replies, arrivals, reply)

    def judged(delivery: Delivery) -> Verdict:
        return judge(delivery, contract, secret)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        writer.start()
        yield
        writer.close()
        store.close()

    api = Api(store, arrivals, judged, (event.name for event in contract.events))
    # The page, and what pages of mock and sink have in common.
    page = StaticFiles(packages=[("webhook_sink", "inspector"), ("openapi", "page")], html=True)
    return Router(
        routes=[Mount("/_hookproof", Guard(_inside([*api.routes, Mount("/", page)])))],
        default=Receiver(writer, judged, limit, secret),
        redirect_slashes=False,
        lifespan=lifespan,
    )


def _inside(routes: list[BaseRoute]) -> Starlette:
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _refused, StoreError: _failed},
    )
    app.router.redirect_slashes = False
    return app


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = answer({"message": error.detail}, error.status_code)
    refusal.headers.update(error.headers or {})
    return refusal


def _failed(_: Request, error: Exception) -> Response:
    return answer({"message": str(error)}, 503)
