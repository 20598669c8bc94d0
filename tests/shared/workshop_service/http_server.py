"""HTTP: routes, tokens, request bodies and responses."""

import re
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from workshop_service.customers import Customers
from workshop_service.exchange import Problem, Request, Response
from workshop_service.invoices import Invoices
from workshop_service.orders import Orders
from workshop_service.output import to_json
from workshop_service.workshop import Workshop

TOKENS: Final = {
    "workshop-north-4be1a7c09d25": "north",
    "workshop-south-91f6d3e8b740": "south",
}
"""Tenant of each token."""
_QUERY: Final = {
    "/customers": ("status", "email", "limit", "cursor"),
    "/customers/{}/orders": ("state", "limit", "offset"),
    "/invoices": ("currency", "page", "perPage"),
}
Handle = Callable[..., Response]


class Application:
    """Service without HTTP: from a request with its token to a response."""

    def __init__(self, workshop: Workshop) -> None:
        self.has = workshop.has
        self._lock = threading.Lock()
        customers, orders = Customers(workshop), Orders(workshop)
        invoices = Invoices(workshop)
        self._routes: Mapping[str, Mapping[str, Handle]] = {
            "/customers": {"POST": customers.create, "GET": customers.list},
            "/customers/{}": {
                "GET": customers.read,
                "PUT": customers.replace,
                "PATCH": customers.change,
                "DELETE": customers.delete,
            },
            "/customers/{}/orders": {"POST": orders.create, "GET": orders.list},
            "/customers/{}/orders/{}": {
                "GET": orders.read,
                "PATCH": orders.change,
                "DELETE": orders.delete,
            },
            "/customers/{}/orders/{}/cancel": {"POST": orders.cancel},
            "/customers/{}/orders/{}/refunds": {"POST": orders.refund, "GET": orders.list_refunds},
            "/invoices": {"POST": invoices.create, "GET": invoices.list},
            "/invoices/{}": {"GET": invoices.read, "DELETE": invoices.delete},
        }

    def respond(self, method: str, target: str, headers: Any, body: bytes) -> Response:
        """Return the response; raise `Problem` for an error."""
        parts = urlsplit(target)
        template, handles, values = self._route(parts.path)
        handle = handles.get("GET" if method == "HEAD" else method)
        if handle is None:
            raise Problem(405, "method_not_allowed", f"use {', '.join(handles)}")
        tenant = _tenant(headers.get_all("Authorization") or [])
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        known = _QUERY.get(template, ()) if method in ("GET", "HEAD") else ()
        if self.has("unknown-query-400") and any(name not in known for name, _ in pairs):
            raise Problem(400, "bad_request", "a query parameter is unknown")
        given = {name.lower(): text for name, text in headers.items()}
        query = {name: text for name, text in pairs if name in known}
        request = Request(tenant, method, parts.path, query, given, body)
        with self._lock:
            return handle(request, *values)

    def _route(self, path: str) -> tuple[str, Mapping[str, Handle], list[str]]:
        for template, handles in self._routes.items():
            match = re.fullmatch(template.replace("{}", "([^/]+)"), path)
            if match:
                return template, handles, [unquote(text) for text in match.groups()]
        raise Problem(404, "not_found", "the path is unknown")


def _tenant(given: list[str]) -> str:
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    tenant = TOKENS.get(token.strip(" "))
    if scheme.lower() != "bearer" or tenant is None:
        raise Problem(401, "unauthorized", "the token is missing or unknown")
    return tenant


def create_handler(application: Application) -> type[BaseHTTPRequestHandler]:
    """Return the handler class of a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def do_POST(self) -> None:
            try:
                body = self._read_body()
            except ValueError:
                self.close_connection = True
                self._send(400, {"code": "bad_request", "message": "the body has no length"})
                return
            try:
                found = application.respond(self.command, self.path, self.headers, body)
            except Problem as problem:
                self._send(problem.status, {"code": problem.code, "message": str(problem)})
            else:
                self._send(found.status, found.value, has_body=found.has_body)

        def _read_body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                length = int(self.headers.get("Content-Length") or 0)
                if length < 0:
                    raise ValueError(length)
                return self.rfile.read(length)
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                continue  # a trailer
            return body

        def _send(self, status: int, value: Any, *, has_body: bool = True) -> None:
            content = to_json(value, application.has) if has_body else b""
            self.send_response(status)
            if has_body:
                self.send_header("Content-Type", "application/json")
            if status != 204:  # RFC 9110, section 8.6
                self.send_header("Content-Length", str(len(content)))
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            if status == 405:
                self.send_header("Allow", value["message"].removeprefix("use "))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    return Handler


class Server(ThreadingHTTPServer):
    """Server with room for the concurrent requests of a run."""

    request_queue_size = 128
    daemon_threads = True
