"""HTTP server of the receiver, with a thread for each connection."""

import json
import re
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from receivers.python.receiver import Receiver, Request, Response
from receivers.python.schemes import Headers

DRAINED_BYTES = 16 * 1024 * 1024
"""Maximum size of a refused body that is read, so that the client sees the response."""


class TooLargeError(Exception):
    """Body above the maximum size."""


class InvalidFramingError(Exception):
    """Body whose length or chunks are not valid HTTP."""


class ReceiverServer(ThreadingHTTPServer):
    """HTTP server of one receiver on 127.0.0.1."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, receiver: Receiver, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.receiver = receiver


class Handler(BaseHTTPRequestHandler):
    """Handler of the requests of one connection."""

    server: ReceiverServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    max_body_bytes = 1024 * 1024

    def respond(self) -> None:
        """Read a request and send the response to it."""
        try:
            body = self.read_body()
        except TooLargeError:
            self.send(Response(413, {"error": "body too large"}, {"Connection": "close"}))
            return
        except InvalidFramingError:
            self.send(Response(400, {"error": "bad request"}, {"Connection": "close"}))
            return
        path = self.path.partition("?")[0]
        headers = Headers([(name, str(value)) for name, value in self.headers.items()])
        request = Request(self.command, path, headers, body)
        try:
            response = self.response(request)
        except Exception:
            traceback.print_exc()
            response = self.failure(request)
        if response is None:
            self.close_connection = True
        else:
            self.send(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = respond  # noqa: N815

    def response(self, request: Request) -> Response | None:
        """Return the response of the receiver."""
        return self.server.receiver.respond(request)

    def failure(self, request: Request) -> Response:
        """Return the response to a request that the receiver failed to handle."""
        return Response(500, {"error": "internal error"})

    def read_body(self) -> bytes:
        """Return the body of the request."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self.read_chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not re.fullmatch("[0-9]{1,18}", length):
            raise InvalidFramingError
        if int(length) > self.max_body_bytes:
            self.rfile.read(min(int(length), DRAINED_BYTES))
            raise TooLargeError
        return self.rfile.read(int(length))

    def read_chunks(self) -> bytes:
        """Return the body of a chunked request."""
        parts: list[bytes] = []
        read = 0
        while size := self.chunk_size():
            read += size
            if read > DRAINED_BYTES:
                raise TooLargeError
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline(65537).strip():
            pass  # trailers
        if read > self.max_body_bytes:
            raise TooLargeError
        return b"".join(parts)

    def chunk_size(self) -> int:
        """Return the size of the next chunk."""
        line = self.rfile.readline(1024).partition(b";")[0].strip()
        if not re.fullmatch(b"[0-9A-Fa-f]{1,8}", line):
            raise InvalidFramingError
        return int(line, 16)

    def send(self, response: Response) -> None:
        """Send a response."""
        body, media_type = b"", None
        if isinstance(response.content, str):
            body, media_type = response.content.encode(), "text/plain; charset=utf-8"
        elif response.content is not None:
            body, media_type = json.dumps(response.content).encode(), "application/json"
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if media_type:
            self.send_header("Content-Type", media_type)
        if response.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""
