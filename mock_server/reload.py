"""An application whose contract may change while it serves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract
from openapi.loading.loader import load
from openapi.loading.yaml_source import ContractError

_LOG = logging.getLogger("hookproof.mock")
_SECONDS = 0.5
"""How often the file is looked at."""

Stamp = tuple[int, int, int] | None


class Renewable:
    """The application of the newest contract that was understood; requests finish with theirs."""

    def __init__(
        self,
        compose: Callable[[Contract], ASGIApp],
        contract: Contract,
        lifespan: Callable[[], AbstractAsyncContextManager[None]],
        watched: Path | None = None,
    ) -> None:
        """Serve `compose(contract)` within `lifespan`, and look at the file `watched` meanwhile."""
        self._compose = compose
        self._app = compose(contract)
        self._watched = watched
        self._lifespan = lifespan
        self._life = Router(lifespan=self._live)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the application."""
        if scope["type"] == "lifespan":
            await self._life(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @asynccontextmanager
    async def _live(self, _: object) -> AsyncIterator[None]:
        async with self._lifespan():
            watch = asyncio.create_task(self._watch(self._watched)) if self._watched else None
            try:
                yield
            finally:
                if watch is not None:
                    watch.cancel()

    async def _watch(self, path: Path) -> None:
        served = seen = _stamp(path)
        while True:
            await asyncio.sleep(_SECONDS)
            before, seen = seen, _stamp(path)
            # Only once it has come to rest: editors write a file in several steps.
            if seen != served and seen == before:
                served = seen
                await self._renew(path)

    async def _renew(self, path: Path) -> None:
        try:
            self._app = await asyncio.to_thread(lambda: self._compose(load(path)))
        except (ContractError, ValueError) as error:
            _LOG.error(
                "the contract has changed and is not understood, the old one stays: %s", error
            )
        except Exception:
            _LOG.exception("the contract cannot be served, the one before it stays")
        else:
            _LOG.info("the contract has changed: %s is served as it stands now", path)


def _stamp(path: Path) -> Stamp:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
