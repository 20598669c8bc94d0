"""Receivers of `hookproof demo`, in this process: a right one, and one with a usual mistake."""

import json
import secrets
import socket
import time
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.receivers.report import receiver_report
from contracts.receivers.run import ReceiverOutcome, run_trial
from contracts.receivers.trials.settings import ReceiverSettings
from hookproof.reports.terminal import format_short_summary
from openapi.contract import Contract
from openapi.http.server_thread import ServerThread
from openapi.media_type import body_kind
from openapi.signatures.message import Message
from openapi.strict_json import parse_json

Receiver = Callable[[Message, Contract, str], int]
"""Function that takes a delivery and returns a status, for a contract and a secret."""
_PATH = "/webhooks"


def verifies_raw_bytes(delivery: Message, contract: Contract, secret: str) -> int:
    """Accept a delivery whose signature fits the bytes that arrived."""
    scheme = contract.events[0].signature
    if scheme is None or scheme.verify(delivery, secret) is not None:
        return 401
    media_type = b"".join(delivery.header_values("Content-Type")).decode("latin-1")
    is_object = isinstance(parse_json(delivery.body).value, dict)
    return 204 if is_object and body_kind(media_type) == "json" else 400


def verifies_written_json(delivery: Message, contract: Contract, secret: str) -> int:
    """Make the mistake: verify the signature of JSON that was parsed and written again."""
    parsed = parse_json(delivery.body)
    if parsed.problem is not None:
        return 400
    written = json.dumps(parsed.value, ensure_ascii=False, separators=(",", ":"))
    again = Message(
        written.encode(errors="replace"), delivery.headers, delivery.method, delivery.url
    )
    return verifies_raw_bytes(again, contract, secret)


def judge_receiver(contract: Contract, secret: str, receiver: Receiver) -> int:
    """Run `receiver`, judge it, print the verdict; return the exit code of `verify-receiver`."""
    with ServerThread(_server(contract, secret, receiver), _listener()) as server:
        url = f"http://127.0.0.1:{server.port}{_PATH}"
        print(f"$ hookproof verify-receiver {url} --profile quick", flush=True)
        settings = ReceiverSettings(
            url=url,
            seed=secrets.randbelow(2**31),
            run_id=secrets.token_hex(3),
            secret=secret,
            profile="quick",
        )
        outcome, started = ReceiverOutcome(), time.time()
        run_trial(settings, contract, outcome, lambda _line: None)
        data = receiver_report(settings, outcome, started, time.time() - started)
    print("\n".join(format_short_summary(data)), flush=True)
    return int(data["exit_code"])


def _server(contract: Contract, secret: str, receiver: Receiver) -> uvicorn.Config:
    async def receive(request: Request) -> Response:
        raw = tuple(request.headers.raw)
        delivery = Message(await request.body(), raw, request.method, str(request.url))
        return Response(status_code=receiver(delivery, contract, secret))

    app = Starlette(routes=[Route(_PATH, receive, methods=["POST"])])
    return uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))
