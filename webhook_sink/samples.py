"""Samples: signed deliveries that conform to the contract, made by the sink itself. Pure."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from openapi.callback_url import callback_path
from openapi.contract import Contract, Event
from openapi.event_payloads import fresh_payload
from openapi.serialization.bodies import write_body
from openapi.signatures.message import Message
from openapi.signatures.public_url import urls_of_sender

SAMPLE_HEADER = "X-Hookproof-Sample"
"""Header with the mark of a sample, which no signature covers."""
_PATH = "/webhook"


class UnsendableSample(Exception):
    """Reason why the sink cannot make a conforming delivery, in one sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Request of one sample."""

    method: str
    raw: bytes
    """Head and body."""
    mark: bytes
    """Value of `SAMPLE_HEADER`, which no other delivery has."""


def make_sample(
    contract: Contract, event: Event, secret: str | None, authority: str, at: float
) -> Sample:
    """Return a new delivery of `event` to the sink at `authority`, sent at `at` (Unix seconds).

    Without a `secret` it is signed with a random one, because the sink then checks only that there
    is a signature. Raise `UnsendableSample` for a secret that cannot sign.
    """
    mark = secrets.token_hex(16)
    content_type, body = write_body(event.content, fresh_payload(contract, event, mark, at))
    named = (name for name in event.names if name.source.part == "header")
    path = _path(event)
    # The URL as a sender has it, behind the proxy of `--public-url`.
    url, *_ = urls_of_sender(f"http://{authority}{path}", contract.public_url)
    message = Message(body, method=event.method, url=url)
    message = message.with_headers(
        [
            ("Host", authority),
            ("Content-Type", content_type),
            *((name.source.where, str(name.values[0])) for name in named),
        ]
    )
    message = _signed(contract, event, message, secret, mark, at)
    query = urlsplit(message.url).query
    target = path + (f"?{query}" if query else "")
    message = message.with_headers(
        [(SAMPLE_HEADER, mark), ("Content-Length", str(len(body))), ("Connection", "close")]
    )
    lines = [f"{message.method} {target} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in message.headers]
    return Sample(message.method, b"\r\n".join(lines) + b"\r\n\r\n" + body, mark.encode())


def _path(event: Event) -> str:
    if event.callback is not None:
        return callback_path(event.operation, "sample") + event.callback.suffix
    return event.path or _PATH


def _signed(
    contract: Contract, event: Event, message: Message, secret: str | None, mark: str, at: float
) -> Message:
    scheme = event.signature
    if scheme is None:
        return message
    secret = secret or scheme.make_secret(secrets.token_hex(32))
    problem = contract.secret_problem(secret, signs=True)
    if problem is not None:
        raise UnsendableSample(problem)
    message = message.with_url(scheme.delivery_url(message))
    return message.with_headers(scheme.signed_headers(message, secret, f"msg_{mark}", at))
