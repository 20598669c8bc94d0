"""Export files, JSON Lines and HAR: many deliveries as a stream of text. Pure."""

import base64
import json
from collections.abc import Iterable, Iterator

from openapi.contract import Json
from webhook_sink.delivery import Delivery, ForwardAttempt, Headers
from webhook_sink.export.har import HAR_VERSION, har_entry
from webhook_sink.views import forward_attempt_json, header_pairs

DeliveriesWithAttempts = Iterable[tuple[Delivery, tuple[ForwardAttempt, ...]]]
"""Deliveries, oldest first, each with its forward attempts."""
_CHUNK_CHARS = 64 * 1024


def json_lines(found: DeliveriesWithAttempts) -> Iterator[str]:
    """Yield JSON Lines: one delivery per line, with all its fields."""
    return _merge_chunks(
        json.dumps(delivery_record(delivery, attempts)) + "\n" for delivery, attempts in found
    )


def http_archive(found: DeliveriesWithAttempts, url: str, version: str) -> Iterator[str]:
    """Yield one HTTP Archive; `url` is that of the sink, `version` that of hookproof."""

    def texts() -> Iterator[str]:
        creator = json.dumps({"name": "hookproof", "version": version})
        yield f'{{"log": {{"version": "{HAR_VERSION}", "creator": {creator}, "entries": ['
        separator = "\n"
        for delivery, attempts in found:
            last_attempt = attempts[-1] if attempts else None
            yield separator + json.dumps(har_entry(delivery, last_attempt, url))
            separator = ",\n"
        yield "\n]}}\n"

    return _merge_chunks(texts())


FORMATS: dict[str, str] = {"jsonl": "application/x-ndjson", "har": "application/json"}
"""Media type of each format."""


def delivery_record(
    delivery: Delivery, forward_attempts: Iterable[ForwardAttempt]
) -> dict[str, Json]:
    """Return a delivery as JSON; each byte of target and headers is one Latin-1 character."""
    return {
        "id": delivery.id,
        "head_received_at": delivery.head_received_at,
        "received_at": delivery.received_at,
        "remote": delivery.remote,
        "version": delivery.version,
        "method": delivery.method,
        "target": delivery.target,
        **_message(delivery.headers, delivery.body, delivery.truncated),
        "status": delivery.status,
        "reply": delivery.reply,
        "outgoing": [
            {**forward_attempt_json(one), **_message(one.headers, one.body, one.truncated)}
            for one in forward_attempts
        ],
    }


def _message(headers: Headers, body: bytes, truncated: bool) -> dict[str, Json]:
    content: dict[str, Json]
    try:
        content = {"text": body.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(body).decode("ascii")}
    return {"headers": header_pairs(headers), "body": content, "truncated": truncated}


def _merge_chunks(texts: Iterable[str]) -> Iterator[str]:
    """Yield the same text in fewer, larger chunks."""
    buffered: list[str] = []
    size = 0
    for text in texts:
        buffered.append(text)
        size += len(text)
        if size >= _CHUNK_CHARS:
            yield "".join(buffered)
            buffered, size = [], 0
    yield "".join(buffered)
