"""Subjects of the sink's benchmark: the sink with default settings, and a bare ASGI app."""

import sys
import time
from pathlib import Path

import httpx
from delivered import SECRET
from subjects import Subject, server_of

PATIENCE = 600
"""Seconds in which a sink must respond, and judge all deliveries."""


def sink(store: Path | str) -> Subject:
    """Return `hookproof sink` with the file or database `store` and default settings."""
    command = (sys.executable, "-m", "hookproof", "sink", "--port", "PORT", "--store", str(store))
    environment = {"HOOKPROOF_WEBHOOK_SECRET": SECRET}
    return Subject("sink", "hookproof sink", command, False, environment)


def judged_sink(store: str) -> Subject:
    """Return a sink whose index has a verdict for each delivery in `store`."""
    program = str(Path(__file__).with_name("judged_sink.py"))
    command = (sys.executable, program, "sink", "--port", "PORT", "--store", store)
    return Subject("judged", "hookproof sink, judged", command, False)


def bare() -> Subject:
    """Return an ASGI app that sends 200 for everything, on the same HTTP server."""
    answer = {"BENCHMARK_ANSWER": "200 "}
    return Subject("bare", "bare ASGI function", server_of("bare_app:app"), False, answer)


def ready(client: httpx.Client, port: int) -> None:
    """Wait for the first response."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.post(f"http://127.0.0.1:{port}/").raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise SystemExit(f"the subject on port {port} does not respond") from None
            time.sleep(0.01)


def settled(client: httpx.Client, port: int, least: int) -> float:
    """Wait until the sink has judged all deliveries; return the seconds.

    Exit if it stores less than `least` deliveries, because then it has lost some.
    """
    began = time.monotonic()
    while True:
        url = f"http://127.0.0.1:{port}/_hookproof/api/deliveries?limit=1&newest=1"
        page = client.get(url).raise_for_status().json()
        if page["total"] < least:
            raise SystemExit(f"the sink accepted {least} deliveries and stores {page['total']}")
        if not page["unjudged"]:
            return time.monotonic() - began
        if time.monotonic() > began + PATIENCE:
            raise SystemExit(f"{page['unjudged']} deliveries were not judged in {PATIENCE} s")
        time.sleep(0.05)
