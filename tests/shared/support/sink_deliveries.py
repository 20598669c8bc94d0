"""Signed deliveries for tests of the sink, with payloads of the contract's first event."""

import copy
import json
from typing import Any

import httpx

from openapi.loading.loader import load_contract
from support.signatures import signature_of

CONTRACT = load_contract()
SECRET = "a secret of the tests"


def example(number: int = 0) -> Any:
    """Return a valid payload; each `number` is a different event."""
    payload = copy.deepcopy(CONTRACT.events[0].examples[0])
    assert isinstance(payload, dict)
    payload["data"]["id"] = f"00000000-0000-4000-8000-{number:012x}"
    return payload


def post(url: str, payload: Any, path: str = "/hooks", secret: str = SECRET) -> int:
    """Deliver `payload` to the sink at `url`; return the status of its response."""
    scheme = CONTRACT.events[0].signature
    assert scheme is not None
    body = json.dumps(payload).encode()
    headers = {
        "content-type": "application/json",
        scheme.header: signature_of(scheme, body, secret),
    }
    return httpx.post(url + path, content=body, headers=headers).status_code
