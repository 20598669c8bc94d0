"""What was acknowledged before a `kill -9` is there afterwards, byte for byte."""

import http.client
import os
import subprocess
import sys
import threading
from pathlib import Path

from webhook_sink.store import open_store

SCRIPT = """
import sys, threading
from pathlib import Path
from openapi.loading import load
from webhook_sink.server import Sink
with Sink(load(), store=Path(sys.argv[1])) as sink:
    print(sink.port, flush=True)
    threading.Event().wait()
"""
ENOUGH = 150
"""Acknowledged deliveries, after which the sink is killed under load."""


def test_acknowledged_deliveries_survive_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", SCRIPT, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # what is tested here
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    acknowledged: list[bytes] = []
    enough = threading.Event()

    def send(sender: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            for number in range(10_000):
                body = f"{sender}/{number}/".encode() + os.urandom(1000)
                connection.request("POST", f"/{sender}", body)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                acknowledged.append(body)
                if len(acknowledged) >= ENOUGH:
                    enough.set()
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            connection.close()

    senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for sender in senders:
        sender.start()
    assert enough.wait(60)
    process.kill()
    for sender in senders:
        sender.join()
    process.wait()
    process.stdout.close()

    store = open_store(path)
    kept = {delivery.body for delivery in store.list()}
    store.close()
    assert len(acknowledged) >= ENOUGH
    assert set(acknowledged) <= kept
