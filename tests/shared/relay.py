"""Relay of webhooks that fails now and then, as a queue under load may.

`python -m relay TARGET --secret S [--lose N] [--double N] [--break N]` forwards each delivery to
TARGET, but loses one in N, sends one in N twice, or removes `data.id` of one in N and signs again.
It counts them from a random number. At the end it prints the number of each fault.
"""

import argparse
import base64
import hmac
import http.client
import json
import random
import signal
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Relay(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", options.port), _Handler)
        self.options = options
        self.target = urlsplit(options.target)
        self.lock = threading.Lock()
        self.offset = random.randrange(10_000)
        self.seen: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def draw(self, kind: str) -> bool:
        """Return whether this delivery gets the fault `kind`."""
        one_in = getattr(self.options, kind)
        if one_in is None:
            return False
        with self.lock:
            self.seen[kind] += 1
            chosen: bool = (self.seen[kind] + self.offset) % one_in == 0
            self.counts[kind] += chosen
        return chosen


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Relay
    _kept: http.client.HTTPConnection | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [(n, v) for n, v in self.headers.items() if n.lower() not in _HOP_BY_HOP]
        status = 200
        if not self.server.draw("lose"):
            if self.server.draw("break_"):
                body, headers = self._broken(body, headers)
            status = self._forward(body, headers)
            if self.server.draw("double"):
                self._forward(body, headers)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _broken(
        self, body: bytes, headers: list[tuple[str, str]]
    ) -> tuple[bytes, list[tuple[str, str]]]:
        payload = json.loads(body)
        del payload["data"]["id"]
        text = json.dumps(payload).encode()
        mac = hmac.new(self.server.options.secret.encode(), text, "sha256").digest()
        others = [(n, v) for n, v in headers if n.lower() != "webhook-signature"]
        return text, [*others, ("Webhook-Signature", base64.b64encode(mac).decode())]

    def _forward(self, body: bytes, headers: list[tuple[str, str]]) -> int:
        target = self.server.target
        connection = self._kept or http.client.HTTPConnection(
            target.hostname or "", target.port, timeout=10
        )
        self._kept = connection
        try:
            connection.putrequest("POST", self.path, skip_accept_encoding=True)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._kept = None
            return 502  # the sender tries again
        return response.status

    def log_message(self, format: str, *args: object) -> None:
        pass


_HOP_BY_HOP = {"content-length", "connection", "transfer-encoding", "accept-encoding"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--lose", type=int)
    parser.add_argument("--double", type=int)
    parser.add_argument("--break", type=int, dest="break_")
    server = Relay(parser.parse_args())

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever(0.05)
    print(json.dumps(server.counts), flush=True)


if __name__ == "__main__":
    main()
