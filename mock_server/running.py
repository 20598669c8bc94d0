"""Mock server in a thread of this process, on a free port."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from mock_server.app import create_app
from mock_server.server import uvicorn_config
from mock_server.settings import Settings
from openapi.contract import Contract
from openapi.http.free_port import LOOPBACK
from openapi.http.server_thread import ServerThread


@contextmanager
def running_mock(contract: Contract, settings: Settings) -> Iterator[str]:
    """Serve the mock until the block ends; yield its URL."""
    config = uvicorn_config(create_app(contract, settings), contract)
    listener = socket.create_server((LOOPBACK, 0), backlog=2048)
    with ServerThread(config, listener) as server:
        yield f"http://{LOOPBACK}:{server.port}"
