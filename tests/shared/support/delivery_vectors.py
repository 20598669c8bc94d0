"""Deliveries from tests/vectors/deliveries.yaml, which describes the format of its vectors."""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from openapi.contract import Contract, Event
from openapi.json_pointer import get_at, set_at
from openapi.loading.loader import load_contract
from webhook_sink.delivery import Delivery

TESTS = Path(__file__).resolve().parents[2]
SECRET = "the secret of the vectors"
SECOND_SECRET = "whsec_dGhlIGtleSBvZiB0aGUgdmVjdG9ycw=="
VECTORS: list[dict[str, Any]] = yaml.safe_load(
    (TESTS / "vectors" / "deliveries.yaml").read_text(encoding="utf-8")
)
_KNOWN = {"name", "method", "body", "bytes", "repeat", "set", "remove", "signed", "signature"}
_KNOWN |= {"type", "truncated", "secret", "headers", "at", "of", "expect"}
_WAYS = {"with", "algorithm", "plain", "over", "before", "after", "encoding", "prefix", "suffix"}
_WAYS |= {"header"}
_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "unpadded": lambda digest: base64.b64encode(digest).decode().rstrip("="),
    "percent": lambda digest: base64.b64encode(digest).decode().replace("=", "%3D"),
    "hex": lambda digest: digest.hex(),
    "HEX": lambda digest: digest.hex().upper(),
    "base64 of hex": lambda digest: base64.b64encode(digest.hex().encode()).decode(),
    "half": lambda digest: base64.b64encode(digest[: len(digest) // 2]).decode(),
}


@lru_cache
def _contract(second: bool) -> Contract:
    return load_contract(TESTS / "data" / "parcels.yaml" if second else None)


def contract_of(vector: dict[str, Any]) -> Contract:
    return _contract("of" in vector)


def event_of(vector: dict[str, Any]) -> Event:
    events = contract_of(vector).events
    return next(event for event in events if event.name == vector.get("of", event.name))


def secrets_of(vector: dict[str, Any]) -> tuple[str, ...]:
    """Return the receiver's secrets; empty if it has none."""
    given = vector.get("secret", SECOND_SECRET if "of" in vector else SECRET)
    return () if given is False else (given,) if isinstance(given, str) else tuple(given)


def body_of(vector: dict[str, Any]) -> bytes:
    if "bytes" in vector:
        return base64.b64decode(vector["bytes"])
    if "repeat" in vector:
        text, times = vector["repeat"]
        return str(text).encode() * int(times)
    if "body" in vector:
        return str(vector["body"]).encode()
    payload = copy.deepcopy(event_of(vector).examples[0])
    for pointer, value in vector.get("set", {}).items():
        set_at(payload, pointer, value)
    for pointer in vector.get("remove", ()):
        parent, _, name = pointer.rpartition("/")
        del get_at(payload, parent)[name]  # type: ignore[attr-defined]
    return json.dumps(payload).encode()


def _signatures(vector: dict[str, Any], body: bytes) -> list[str]:
    if "signature" in vector:
        value = vector["signature"]
        return value if isinstance(value, list) else [value]
    signed = vector.get("signed", {})
    if signed is False:
        return []
    assert set(signed) <= _WAYS
    over = signed["over"].encode() if "over" in signed else body
    text = signed.get("before", "").encode() + over + signed.get("after", "").encode()
    algorithm = signed.get("algorithm", "sha256")
    plain = hashlib.new(algorithm, text).digest()
    key = signed.get("with", SECRET).encode()
    digest = plain if signed.get("plain") else hmac.digest(key, text, algorithm)
    value = _ENCODINGS[signed.get("encoding", "base64")](digest)
    return [signed.get("prefix", "") + value + signed.get("suffix", "")]


def delivery_of(vector: dict[str, Any]) -> Delivery:
    assert set(vector) <= _KNOWN
    event = event_of(vector)
    assert event.signature is not None
    body = body_of(vector)
    types = vector.get("type", event.media_type) or []
    pairs = [("content-type", t) for t in (types if isinstance(types, list) else [types])]
    header = (vector.get("signed") or {}).get("header", event.signature.header)
    pairs += [(header, s) for s in _signatures(vector, body)]
    pairs += vector.get("headers", {}).items()
    return Delivery(
        id=1,
        received_at=float(vector.get("at", 0)),
        method=vector.get("method", "POST"),
        target="/",
        headers=tuple((n.encode(), v.encode("latin-1")) for n, v in pairs),
        body=body,
        truncated=vector.get("truncated", False),
        remote="127.0.0.1:1",
        status=200,
    )
