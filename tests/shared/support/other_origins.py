"""Empty pages of other origins, for tests of browser access."""

import socket
from http.server import BaseHTTPRequestHandler


class EmptyPage(BaseHTTPRequestHandler):
    """Empty page of another origin."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>a page elsewhere</title><link rel=icon href=data:,>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def own_address() -> str:
    """Return an address of this machine that is not loopback, or 127.0.0.1 if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
