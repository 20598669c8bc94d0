"""HAR (HTTP Archive) 1.2 entry of a delivery. Pure.

Custom fields begin with an underscore, as HAR requires.
"""

import base64
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl

from openapi.contract import Json
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.end_to_end_headers import copy_limitations
from webhook_sink.views import header_pairs

HAR_VERSION = "1.2"
_REASON_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def har_entry(
    delivery: Delivery, forward_attempt: ForwardAttempt | None, url: str
) -> dict[str, Json]:
    """Return the entry; `url` of the sink serves for a delivery without a Host header.

    The response is that of `forward_attempt`, or the sink's own without one.
    """
    begun = delivery.head_received_at or delivery.received_at
    sent = max(delivery.received_at - begun, 0.0)
    waited = forward_attempt.seconds if forward_attempt else 0.0
    entry: dict[str, Json] = {
        "startedDateTime": datetime.fromtimestamp(begun, UTC).isoformat(timespec="milliseconds"),
        "time": _to_ms(sent + waited),
        "request": _request(delivery, url),
        "response": _sink_response(delivery)
        if forward_attempt is None
        else _receiver_response(forward_attempt, delivery.version),
        "cache": {},
        "timings": {"send": _to_ms(sent), "wait": _to_ms(waited), "receive": 0},
        "_id": delivery.id,
        "_remote": delivery.remote,
    }
    for limitation in copy_limitations(delivery):
        entry["comment"] = limitation
    if forward_attempt is not None:
        entry["_respondedBy"] = forward_attempt.url
        entry["_error"] = forward_attempt.error
    return entry


def _request(delivery: Delivery, url: str) -> dict[str, Json]:
    query = delivery.target.partition("?")[2]
    fields = parse_qsl(query, keep_blank_values=True, errors="replace")
    request: dict[str, Json] = {
        "method": delivery.method,
        "url": _url(delivery, url),
        "httpVersion": f"HTTP/{delivery.version}",
        "cookies": [],
        "headers": _name_value_pairs(header_pairs(delivery.headers)),
        "queryString": _name_value_pairs(fields),
        "headersSize": -1,
        "bodySize": -1 if delivery.truncated else len(delivery.body),
    }
    if delivery.body:
        media_type = next(iter(delivery.header_values("Content-Type")), b"").decode("latin-1")
        request["postData"] = {"mimeType": media_type, **_text(delivery.body, "_encoding")}
    return request


def _url(delivery: Delivery, url: str) -> str:
    if not delivery.target.startswith("/"):
        return delivery.target if "://" in delivery.target else f"{url}/{delivery.target}"
    host = next(iter(delivery.header_values("Host")), b"").decode("latin-1")
    return (f"http://{host}" if host else url) + delivery.target


def _sink_response(delivery: Delivery) -> dict[str, Json]:
    return {**_response(delivery.status, delivery.version), "_reply": delivery.reply}


def _receiver_response(forward_attempt: ForwardAttempt, version: str) -> dict[str, Json]:
    values = {name.lower(): value.decode("latin-1") for name, value in forward_attempt.headers}
    return {
        **_response(forward_attempt.status or 0, version),
        "headers": _name_value_pairs(header_pairs(forward_attempt.headers)),
        "content": {
            "size": len(forward_attempt.body),
            "mimeType": values.get(b"content-type", ""),
            **(_text(forward_attempt.body, "encoding") if forward_attempt.body else {}),
        },
        "redirectURL": values.get(b"location", ""),
        "bodySize": -1 if forward_attempt.truncated else len(forward_attempt.body),
    }


def _response(status: int, version: str) -> dict[str, Json]:
    return {
        "status": status,
        "statusText": _REASON_PHRASES.get(status, ""),
        "httpVersion": f"HTTP/{version}",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": 0,
    }


def _text(body: bytes, encoding_field: str) -> dict[str, Json]:
    """Return bytes as text, or as base64 with `encoding_field` set."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), encoding_field: "base64"}


def _name_value_pairs(fields: list[tuple[str, str]] | list[list[str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in fields]


def _to_ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
