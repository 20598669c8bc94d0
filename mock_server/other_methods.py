"""A rate limit counts what comes by a method that a path does not have, too."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from mock_server.exchange import exchange_of
from openapi.document import Contract
from openapi.parameters import match

if TYPE_CHECKING:
    from mock_server.gates import Gate


class OtherMethods:
    """Stands before the routing; where no limit is on it is left out."""

    def __init__(self, app: ASGIApp, contract: Contract, limits: Mapping[str, "Gate"]) -> None:
        """Take the gates of the operations that have one, by their ids."""
        self._app = app
        self._gates = [(o.path, limits[o.id]) for o in contract.operations if o.id in limits]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a 405 passes the gate of the first operation of its path."""
        try:
            await self._app(scope, receive, send)
        except HTTPException as error:
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                of_path = (g for path, g in self._gates if match(path, scope["path"]) is not None)
                gate = next(of_path, None)
                if gate is not None:
                    await gate.admit(scope, exchange_of(scope))
            raise
