"""Mock and a receiver of its webhooks, each on a real port of this process."""

import http.server
import json
import queue
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import uvicorn

from mock_server.app import create_app
from mock_server.server import DEFAULT_LIMITS, uvicorn_config
from mock_server.settings import Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.http.limits import RequestLimits
from openapi.http.server_thread import ServerThread

DEADLINE = 10.0
"""Seconds to wait for an expected delivery or response."""


@dataclass(frozen=True)
class Received:
    """One request to the receiver."""

    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def value(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Receiver of deliveries; sends `answers` in order (status and headers), then 200."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """With `tls`, serve HTTPS."""
        self.answers: list[tuple[int, dict[str, str]]] = []
        self._arrived: queue.Queue[Received] = queue.Queue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer._arrived.put(Received(list(self.headers.items()), body))
                status, headers = outer.answers.pop(0) if outer.answers else (200, {})
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        # Not HTTPServer, which looks its own name up in DNS.
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/hooks?token=hidden"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def next(self, within: float = DEADLINE) -> Received:
        """Return the next delivery; fail if none arrives `within` seconds."""
        received = self.poll(within)
        assert received is not None, f"no delivery within {within} s"
        return received

    def poll(self, within: float) -> Received | None:
        """Return the next delivery, or None if none arrives `within` seconds."""
        try:
            return self._arrived.get(timeout=within)
        except queue.Empty:
            return None

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class RunningMock:
    """Running mock, its receivers, and a token with all permissions."""

    host: str
    port: int
    path: str
    receivers: list[Receiver]
    client: httpx.Client
    token: str
    number: int = 0
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}{self.path}"

    @property
    def receiver(self) -> Receiver:
        return self.receivers[0]

    def body(self, **changes: Any) -> dict[str, Any]:
        """Return a valid request body with a unique name; a change to None omits a property."""
        self.number += 1
        value = {
            "name": f"a name that is long enough, {self.number}",
            "expiresAt": "2999-06-30T00:00:00Z",
            "scopes": ["license:read", "activation:read"],
            **changes,
        }
        return {key: item for key, item in value.items() if item is not None}

    def post(self, content: bytes | None = None, token: str = "", **more: Any) -> httpx.Response:
        """Send a request; the default is a valid body and a valid token."""
        if content is None:
            self.last = self.body(**more)
            content = json.dumps(self.last).encode()
        headers = {
            "Authorization": f"Bearer {token or self.token}",
            "Content-Type": "application/json",
        }
        return self.client.post(self.url, content=content, headers=headers)

    def api(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Send a request to the admin API."""
        url = f"http://{self.host}:{self.port}/_hookproof/api/{path}"
        return self.client.request(method, url, **more)

    def event(self, **more: Any) -> Received:
        """Create a token and return the delivery of its event."""
        answer = self.post(**more)
        assert answer.status_code < 300, answer.text
        return self.receiver.next()


@contextmanager
def running(
    contract: Contract,
    receivers: int = 1,
    limits: RequestLimits = DEFAULT_LIMITS,
    host: str = "127.0.0.1",
    others: tuple[str, ...] = (),
    **settings: Any,
) -> Iterator[RunningMock]:
    with ExitStack() as stack:
        listening = [stack.enter_context(Receiver()) for _ in range(receivers)]
        app = create_app(
            contract, Settings(webhook_urls=(*others, *(r.url for r in listening)), **settings)
        )
        port = stack.enter_context(served(uvicorn_config(app, contract, limits), host))
        client = stack.enter_context(httpx.Client(trust_env=False, verify=False, timeout=DEADLINE))
        operation = contract.operations[0]
        token = mint(DEVELOPMENT_SECRET, operation.permissions, None)
        yield RunningMock(host, port, operation.path, listening, client, token)


@contextmanager
def served(config: uvicorn.Config, host: str = "127.0.0.1") -> Iterator[int]:
    """Run a server in a thread until the block ends; yield its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family, dualstack_ipv6=host == "::")
    with ServerThread(config, listener) as server:
        yield server.port


class StartMock(Protocol):
    """Start a mock with settings: `with start(rate_limit=...) as mock:`."""

    def __call__(self, **settings: Any) -> AbstractContextManager[RunningMock]: ...


Serve = Callable[[uvicorn.Config], AbstractContextManager[int]]
"""Serve an application on a free port: `with serve(config) as port:`."""
