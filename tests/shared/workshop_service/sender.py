"""Sender of the webhooks, unsigned as the contract says."""

import json
import queue
import threading
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit


class Sender:
    """Sends payloads in the order in which they are queued; without a URL it drops them."""

    def __init__(self, url: str | None) -> None:
        self._payloads: queue.Queue[bytes] | None = None
        if url is not None:
            self._payloads = queue.Queue()
            work = (urlsplit(url), self._payloads)
            threading.Thread(target=_send_all, args=work, daemon=True).start()

    def send(self, event: str, **content: Any) -> None:
        """Queue an event."""
        if self._payloads is not None:
            self._payloads.put(json.dumps({"event": event, **content}).encode())


def _send_all(url: SplitResult, payloads: queue.Queue[bytes]) -> None:
    while True:
        payload = payloads.get()
        connection = HTTPConnection(url.hostname or "", url.port or 80, timeout=5)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", url.path or "/", payload, headers)
            connection.getresponse().read()
        except (OSError, HTTPException):
            continue  # there is no receiver
        finally:
            connection.close()
