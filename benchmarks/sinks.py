"""The subjects of the sink's benchmark: the sink as it is usually started, and a bare function."""

import sys
import time
from pathlib import Path

import httpx
from delivered import SECRET
from subjects import START_SECONDS, Subject, server_of

PATIENCE = 600
"""Seconds in which what came must have been judged."""


def sink(file: Path) -> Subject:
    """Return `hookproof sink` over `file`, with its log and everything else as it comes."""
    command = (sys.executable, "-m", "hookproof", "sink", "--port", "PORT", "--store", str(file))
    environment = {"HOOKPROOF_WEBHOOK_SECRET": SECRET}
    return Subject("sink", "hookproof sink", command, False, environment)


def bare() -> Subject:
    """Return an ASGI function that answers 200 to everything, under the same server."""
    answer = {"BENCHMARK_ANSWER": "200 "}
    return Subject("bare", "bare ASGI function", server_of("bare_app:app"), False, answer)


def ready(client: httpx.Client, port: int) -> None:
    """Wait until there is an answer."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.post(f"http://127.0.0.1:{port}/").raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise SystemExit(f"what was started on port {port} does not answer") from None
            time.sleep(0.01)


def settled(client: httpx.Client, port: int, least: int) -> float:
    """Return after how many seconds all that a sink stores is judged: then it rests.

    Stop if it stores less than `least` deliveries: it would have lost some.
    """
    began = time.monotonic()
    while True:
        url = f"http://127.0.0.1:{port}/_hookproof/api/deliveries?limit=1&newest=1"
        page = client.get(url).raise_for_status().json()
        if page["total"] < least:
            raise SystemExit(f"the sink stores {page['total']} deliveries and answered {least}")
        if not page["unjudged"]:
            return time.monotonic() - began
        if time.monotonic() > began + PATIENCE:
            raise SystemExit(f"{page['unjudged']} deliveries were not judged in {PATIENCE} s")
        time.sleep(0.05)
