"""Service that records what it was asked to change or delete, and whose it was.

It has records of others, and those that a client created. It reads a number as lenient parsers do:
the 12 of `12some`. `GET /_asked` returns what it was asked for.
"""

import argparse
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Final

FIRST_OWN_ID: Final = 1000
MAX_ID: Final = 5000
OTHERS: Final = frozenset({*range(100), MAX_ID - 977, MAX_ID})
"""Ids of the orders and tables that others created."""
EXAMPLE_ID: Final = 7
_ID = {"type": "integer", "minimum": 1, "maximum": MAX_ID}


def _parameters(*names: str) -> list[dict[str, Any]]:
    return [
        {"name": n, "in": "path", "required": True, "schema": _ID, "example": EXAMPLE_ID}
        for n in names
    ]


def _operation(name: str, success: str, *names: str, body: bool = False) -> dict[str, Any]:
    order = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "note": {"type": "string"}},
    }
    content = {"application/json": {"schema": {"type": "object", "properties": {"note": {
        "type": "string", "maxLength": 20}}}}}  # fmt: skip
    return {
        "operationId": name,
        "parameters": _parameters(*names),
        **({"requestBody": {"required": True, "content": content}} if body else {}),
        "responses": {
            success: {"description": "", "content": {"application/json": {"schema": order}}},
            "400": {"description": ""},
            "404": {"description": ""},
        },
    }


DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop floor", "version": "1"},
    "paths": {
        "/orders": {"post": _operation("createOrder", "201", body=True)},
        "/orders/{id}": {
            "get": _operation("readOrder", "200", "id"),
            "put": _operation("replaceOrder", "200", "id", body=True),
            "delete": _operation("deleteOrder", "200", "id"),
        },
        "/orders/{id}/cancel": {"post": _operation("cancelOrder", "200", "id")},
        "/orders/{id}/lines": {"post": _operation("addLine", "201", "id", body=True)},
        "/orders/{id}/lines/{line}": {"delete": _operation("deleteLine", "200", "id", "line")},
        "/tables/{id}": {
            "get": _operation("readTable", "200", "id"),
            "patch": _operation("changeTable", "200", "id", body=True),
            "delete": _operation("deleteTable", "200", "id"),
        },
        "/tables/{id}/close": {"post": _operation("closeTable", "200", "id")},
        "/tables/{id}/guests": {"post": _operation("addGuest", "201", "id", body=True)},
        "/settings": {
            "get": _operation("readSettings", "200"),
            "put": _operation("replaceSettings", "200", body=True),
        },
    },
}
"""Contract of the service, without extensions."""
REFUSED: Final = {"changeTable", "deleteTable", "closeTable", "replaceSettings"}
"""Operations whose target no operation creates."""


class ShopFloor:
    """Records of the service, and the requests that could change them."""

    def __init__(self, creations: int | None, *, names_orders: bool) -> None:
        """Create at most `creations` orders; tell their ids if `names_orders`."""
        self._lock = threading.Lock()
        self._ids = count(FIRST_OWN_ID)
        self._left = creations
        self._names_orders = names_orders
        self._known = set(OTHERS)
        self.asked: list[tuple[str, str]] = []
        self.issued: list[int] = []

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Return status and value of the response to a request, and record it."""
        with self._lock:
            if path == "/_asked":
                return 200, {"asked": self.asked, "issued": self.issued}
            parts = path.strip("/").split("/")
            if method not in ("GET", "HEAD"):
                self.asked.append((method, path))
            wrong = self._problem(method, parts, body)
            if wrong is not None:
                return wrong, {}
            if method == "POST" and parts in (["orders"], [*parts[:2], "lines"]):
                return self._create(is_order=len(parts) == 1)
            if method == "DELETE":
                self._known.discard(_number(parts[-1]) or 0)
            return 201 if parts[-1] == "guests" else 200, {}

    def _problem(self, method: str, parts: list[str], body: bytes) -> int | None:
        places = "".join(f"/{'{}' if index % 2 else part}" for index, part in enumerate(parts))
        known = {
            re.sub(r"\{.*?\}", "{}", path): stated for path, stated in DOCUMENT["paths"].items()
        }
        if places not in known:
            return 404
        if method.lower() not in known[places]:
            return 405
        numbers = [_number(part) for part in parts[1::2]]
        if any(number is None or not 1 <= number <= MAX_ID for number in numbers):
            return 400
        if any(number not in self._known for number in numbers):
            return 404
        return self._body_problem(known[places][method.lower()], body)

    def _body_problem(self, operation: dict[str, Any], body: bytes) -> int | None:
        if "requestBody" not in operation:
            return None
        try:
            note = json.loads(body).get("note", "")
        except (ValueError, AttributeError, RecursionError):
            return 400
        return None if isinstance(note, str) and len(note) <= 20 else 400

    def _create(self, *, is_order: bool) -> tuple[int, object]:
        if is_order and self._left is not None:
            if not self._left:
                return 409, {}
            self._left -= 1
        made = next(self._ids)
        self._known.add(made)
        self.issued.append(made)
        return 201, {"id": made} if self._names_orders else {}


def _number(text: str) -> int | None:
    found = re.match(r"[0-9]{1,9}", text, re.ASCII)
    return int(found[0]) if found else None


def _handler(floor: ShopFloor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment for head and body: the client need not wait for the second

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            status, value = floor.answer(self.command, path, body)
            self.close_connection = "transfer-encoding" in self.headers
            sent = b"" if self.command == "HEAD" else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="Serve orders and tables.")
    parser.add_argument("--creations", type=int, help="create at most as many orders")
    parser.add_argument("--nameless", action="store_true", help="do not tell the id of an order")
    options = parser.parse_args()
    floor = ShopFloor(options.creations, names_orders=not options.nameless)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(floor))
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
