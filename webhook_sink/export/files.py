"""Export of many deliveries as one text, a piece at a time. Pure."""

import base64
import json
from collections.abc import Iterable, Iterator

from openapi.contract import Json
from webhook_sink.delivery import Delivery, ForwardAttempt, Headers
from webhook_sink.export.har import HAR_VERSION, har_entry
from webhook_sink.views import header_pairs

DeliveriesWithAttempts = Iterable[tuple[Delivery, tuple[ForwardAttempt, ...]]]
"""Deliveries, each with the attempts to pass it on, oldest first."""
_CHUNK_CHARS = 64 * 1024


def json_lines(found: DeliveriesWithAttempts) -> Iterator[str]:
    """Yield JSON Lines: on each line all of one delivery, from which it could be made again."""
    return _merge_chunks(
        json.dumps(delivery_record(delivery, forward_attempt)) + "\n"
        for delivery, forward_attempt in found
    )


def http_archive(found: DeliveriesWithAttempts, url: str, version: str) -> Iterator[str]:
    """Yield one HTTP Archive; `url` is the sink's, `version` that of hookproof."""

    def texts() -> Iterator[str]:
        creator = json.dumps({"name": "hookproof", "version": version})
        yield f'{{"log": {{"version": "{HAR_VERSION}", "creator": {creator}, "entries": ['
        between = "\n"
        for delivery, forward_attempt in found:
            yield between + json.dumps(
                har_entry(delivery, forward_attempt[-1] if forward_attempt else None, url)
            )
            between = ",\n"
        yield "\n]}}\n"

    return _merge_chunks(texts())


FORMATS: dict[str, str] = {"jsonl": "application/x-ndjson", "har": "application/json"}
"""Each format with its media type."""


def delivery_record(
    delivery: Delivery, forward_attempt: Iterable[ForwardAttempt]
) -> dict[str, Json]:
    """Return a delivery as JSON data; each byte of target and headers is one Latin-1 character."""
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
            {
                "action": one.action,
                "url": one.url,
                "at": one.at,
                "seconds": one.seconds,
                "status": one.status,
                **_message(one.headers, one.body, one.truncated),
                "error": one.error,
            }
            for one in forward_attempt
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
    """Yield the same characters in fewer pieces."""
    buffered: list[str] = []
    size = 0
    for text in texts:
        buffered.append(text)
        size += len(text)
        if size >= _CHUNK_CHARS:
            yield "".join(buffered)
            buffered, size = [], 0
    yield "".join(buffered)
