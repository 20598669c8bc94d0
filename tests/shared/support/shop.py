"""Client of a mock of the orders contract, whose resources the mock keeps."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx

from mock_server.tokens import DEVELOPMENT_SECRET, mint
from support.mock import RunningMock

ORDERS = Path(__file__).resolve().parents[2] / "data" / "orders.yaml"
MERGE = {"Content-Type": "application/merge-patch+json"}


class Shop:
    """Client of a mock of the orders contract."""

    def __init__(self, mock: RunningMock, tenant: str | None = None) -> None:
        """Call `mock` as `tenant`."""
        self.mock = mock
        token = mint(DEVELOPMENT_SECRET, [], None, tenant=tenant)
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request; header names have underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        more = MERGE if method == "PATCH" else {}
        url = f"http://{self.mock.host}:{self.mock.port}/v2{path}"
        return self.mock.client.request(
            method, url, json=body, headers={**self._headers, **more, **named}
        )

    def create(self, reference: str, **more: Any) -> dict[str, Any]:
        """Create an order and return it."""
        body = {"customer": {"name": "Ada"}, "reference": reference, **more}
        answer = self.call("POST", "/orders", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["data"]
        return made

    def read(self, order: dict[str, Any]) -> Any:
        """Return the order with the identity of `order`, or the status if it is not read."""
        answer = self.call("GET", f"/orders/{order['id']}")
        return answer.json() if answer.status_code == 200 else answer.status_code

    def references(self, query: str = "") -> list[str]:
        """Return the references of a list."""
        return [one["reference"] for one in self.call("GET", f"/orders{query}").json()["orders"]]


StartShop = Callable[..., AbstractContextManager[Shop]]
