"""HTTP proxy in between a service and its client that changes requests or responses."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

from support.processes import handled

TIMEOUT_S = 30
HOP_BY_HOP = frozenset(["connection", "keep-alive", "transfer-encoding", "content-length"])
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """Request that the proxy received."""

    method: str
    target: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class ProxiedResponse:
    """Response of the server behind the proxy."""

    status: int
    headers: Headers
    body: bytes


ChangeRequest = Callable[[ProxiedRequest], list[ProxiedRequest]]
"""Function that returns the requests to send in place of one; none: it is lost."""
ChangeResponse = Callable[[ProxiedRequest, ProxiedResponse], ProxiedResponse]


def unchanged_request(request: ProxiedRequest) -> list[ProxiedRequest]:
    """Return the request as it is."""
    return [request]


def unchanged_response(_: ProxiedRequest, response: ProxiedResponse) -> ProxiedResponse:
    """Return the response as it is."""
    return response


@contextmanager
def proxied(
    port: int,
    change_request: ChangeRequest = unchanged_request,
    change_response: ChangeResponse = unchanged_response,
) -> Iterator[str]:
    """Run a proxy to the server on `port` of this machine; yield its URL.

    The sender of a lost request gets a 200 without a body.
    """

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            is_chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
            length = int(self.headers.get("Content-Length", 0))
            body = b"".join(self._chunks()) if is_chunked else self.rfile.read(length)
            headers = tuple(
                (name, value) for name, value in self.headers.items() if not _is_of_proxy(name)
            )
            received = ProxiedRequest(self.command, self.path, headers, body)
            response = ProxiedResponse(200, (), b"")
            for request in change_request(received):
                response = change_response(request, _send(port, request))
            self.send_response_only(response.status)
            for name, value in response.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def _chunks(self) -> Iterator[bytes]:
            """Yield the chunks of the body (RFC 9112, section 7.1); it has no trailers."""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with handled(Proxy) as url:
        yield url


def _send(port: int, request: ProxiedRequest) -> ProxiedResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        headers = {**dict(request.headers), "Content-Length": str(len(request.body))}
        connection.request(request.method, request.target, request.body, headers)
        response = connection.getresponse()
        kept = tuple((k, v) for k, v in response.getheaders() if not _is_of_proxy(k))
        return ProxiedResponse(response.status, kept, response.read())
    finally:
        connection.close()


def _is_of_proxy(name: str) -> bool:
    return name.lower() in HOP_BY_HOP
