"""All that was looked for as one text, a piece at a time. Pure."""

import base64
import json
from collections.abc import Iterable, Iterator

from openapi.contract import Json
from webhook_sink.delivery import Delivery, Headers, Passed
from webhook_sink.export.har import VERSION, entry
from webhook_sink.views import pairs

Found = Iterable[tuple[Delivery, tuple[Passed, ...]]]
"""Deliveries, each with the attempts to pass it on, oldest first."""
_PIECE = 64 * 1024
"""Characters of one piece, if no delivery has more."""


def json_lines(found: Found) -> Iterator[str]:
    """Yield JSON Lines: on each line all of one delivery, from which it could be made again."""
    return _pieces(json.dumps(record(delivery, passed)) + "\n" for delivery, passed in found)


def http_archive(found: Found, url: str, version: str) -> Iterator[str]:
    """Yield one HTTP Archive; `url` is the sink's, `version` that of hookproof."""

    def texts() -> Iterator[str]:
        creator = json.dumps({"name": "hookproof", "version": version})
        yield f'{{"log": {{"version": "{VERSION}", "creator": {creator}, "entries": ['
        between = "\n"
        for delivery, passed in found:
            yield between + json.dumps(entry(delivery, passed[-1] if passed else None, url))
            between = ",\n"
        yield "\n]}}\n"

    return _pieces(texts())


FORMATS: dict[str, str] = {"jsonl": "application/x-ndjson", "har": "application/json"}
"""Each format with its media type."""


def record(delivery: Delivery, passed: Iterable[Passed]) -> dict[str, Json]:
    """Return a delivery as JSON data; each byte of target and headers is one Latin-1 character."""
    return {
        "id": delivery.id,
        "began_at": delivery.began_at,
        "received_at": delivery.received_at,
        "remote": delivery.remote,
        "version": delivery.version,
        "method": delivery.method,
        "target": delivery.target,
        **_message(delivery.headers, delivery.body, delivery.truncated),
        "status": delivery.status,
        "reply": delivery.reply,
        "passed": [
            {
                "why": one.why,
                "url": one.url,
                "at": one.at,
                "seconds": one.seconds,
                "status": one.status,
                **_message(one.headers, one.body, one.truncated),
                "error": one.error,
            }
            for one in passed
        ],
    }


def _message(headers: Headers, body: bytes, truncated: bool) -> dict[str, Json]:
    content: dict[str, Json]
    try:
        content = {"text": body.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(body).decode("ascii")}
    return {"headers": pairs(headers), "body": content, "truncated": truncated}


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Yield the same characters in fewer pieces."""
    kept: list[str] = []
    size = 0
    for text in texts:
        kept.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(kept)
            kept, size = [], 0
    yield "".join(kept)
