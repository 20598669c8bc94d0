"""Faults of responses, validation and auth: each has its described effect only if enabled."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest
from support.mock import RunningMock, StartMock, running

from mock_server.app import create_app
from mock_server.faults.registry import faults
from mock_server.faults.table import HANDWRITTEN_FAULTS
from mock_server.settings import Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.contract import Contract
from openapi.loading.loader import load_contract
from openapi.rate import Rate

PERMISSION = "personalAccessToken:write"
NOW = int(time.time())
Seen = Callable[[RunningMock], bool]


def _without_signature(claims: Mapping[str, Any], alg: str) -> str:
    parts = [{"alg": alg, "typ": "JWT"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return b".".join([*coded, b"" if alg == "none" else b"AAAA"]).decode()


def _token(permission: str = PERMISSION, **claims: Any) -> str:
    return jwt.encode({"scope": permission, **claims}, DEVELOPMENT_SECRET, "HS256")


def status(wanted: int, content: bytes | None = None, **more: Any) -> Seen:
    return lambda w: w.post(content, **more).status_code == wanted


def twice(wanted: int) -> Seen:
    return lambda w: [w.post(name="once").status_code, w.post(name="once").status_code][1] == wanted


def created(test: Callable[[Any], bool]) -> Seen:
    return lambda w: test(w.post().json())


def refused(test: Callable[[Any], bool]) -> Seen:
    return lambda w: test(w.post(b"{"))


def limited(test: Callable[[Any], bool]) -> Seen:
    return lambda w: test([w.post() for _ in range(6)][-1])


def _is_error(answer: httpx.Response, status: int) -> bool:
    """Return whether the response is an error in the format of the contract, without a success."""
    return answer.status_code == status and answer.json().keys() == {"message", "code"}


def _repeats(w: RunningMock) -> bool:
    return bool(w.post().json() == w.post().json())


SEEN: dict[str, Seen] = {
    # responses
    "ok-for-created": status(200),
    "accepted-for-created": status(202),
    "crash-after-create": lambda w: _is_error(w.post(), 500),
    "unprocessable-for-invalid": status(422, b"{"),
    "invalid-as-ok": status(200, b"{"),
    "conflict-crash": twice(500),
    "unavailable-for-rate-limit": limited(lambda a: a.status_code == 503),
    "secret-missing": created(lambda v: v == {}),
    "secret-empty": created(lambda v: v.get("accessToken") == ""),
    "secret-null": created(lambda v: v.get("accessToken", "") is None),
    "secret-repeated": _repeats,
    "secret-masked": created(lambda v: v["accessToken"].startswith("****")),
    "secret-renamed": created(lambda v: "access_token" in v),
    "response-wrapped": created(lambda v: "accessToken" in v.get("data", {})),
    "media-type-missing": lambda w: "content-type" not in w.post().headers,
    "credential-echoed": lambda w: w.token in w.post(b"{").text,
    "error-as-text": refused(lambda a: a.headers["content-type"].startswith("text/plain")),
    "error-as-html": refused(lambda a: a.text.startswith("<html>")),
    "error-as-problem": refused(lambda a: a.headers["content-type"] == "application/problem+json"),
    "error-empty": refused(lambda a: a.content == b""),
    "message-missing": refused(lambda a: "message" not in a.json() and "code" in a.json()),
    "message-nested": refused(lambda a: isinstance(a.json().get("errors"), list)),
    "code-numeric": refused(lambda a: isinstance(a.json()["code"], int)),
    "retry-after-missing": limited(lambda a: "retry-after" not in a.headers),
    "retry-after-as-text": limited(lambda a: a.headers["retry-after"] == "5 seconds"),
    "rate-limit-reset-as-epoch": limited(lambda a: a.headers["x-rate-limit-reset"].isdigit()),
    "rate-limit-remaining-negative": limited(lambda a: a.headers["x-rate-limit-remaining"] == "-1"),
    # validation
    "max-length-ignored": status(201, name="x" * 257),
    "min-length-ignored": status(201, name=""),
    "required-ignored": status(201, b'{"name": "x"}'),
    "type-ignored": status(201, b'{"name": 1, "scopes": "x"}'),
    "format-ignored": status(201, expiresAt="soon"),
    "items-ignored": status(201, scopes=["x", 1]),
    "null-accepted": status(201, b'{"name": null, "scopes": []}'),
    "empty-body-accepted": status(201, b""),
    "malformed-crash": status(500, b"{"),
    "wrong-type-crash": status(500, name=5),
    "max-length-off-by-one": status(400, name="x" * 256),
    "max-length-in-bytes": status(400, name="\u00e9" * 200),
    # auth
    "auth-missing": lambda w: w.client.post(w.url, json=w.body()).status_code == 201,
    "signature-ignored": status(201, token=_without_signature({"scope": PERMISSION}, "HS256")),
    "alg-none-accepted": status(201, token=_without_signature({"scope": PERMISSION}, "none")),
    "expiry-ignored": status(201, token=_token(exp=NOW - 60)),
    "not-before-ignored": status(201, token=_token(nbf=NOW + 6000)),
    "revocation-ignored": status(
        201, token=mint(DEVELOPMENT_SECRET, [PERMISSION], None, revoked=True)
    ),
    "permission-ignored": status(201, token=_token("license:read")),
    "permission-by-substring": status(201, token=_token(f"not-{PERMISSION}")),
    "scheme-ignored": lambda w: (
        w.client.post(
            w.url, json=w.body(), headers={"Authorization": f"Token {w.token}"}
        ).status_code
        == 201
    ),
    "forbidden-for-unauthorized": status(403, token="x"),
    "unauthorized-for-forbidden": status(401, token=_token("license:read")),
    "not-found-for-forbidden": status(404, token=_token("license:read")),
    "credential-crash": status(500, token="x"),
}  # fmt: skip


def test_every_fault_has_a_test_case() -> None:
    assert SEEN.keys() == {
        name
        for name, fault in HANDWRITTEN_FAULTS.items()
        if fault.category not in ("resources", "webhooks")
    }


@pytest.mark.integration
@pytest.mark.parametrize("name", SEEN)
def test_a_fault_has_its_described_effect(start: StartMock, name: str) -> None:
    limit = Rate(5, 60) if SEEN[name].__qualname__.startswith("limited") else None
    with start(faults=frozenset({name}), rate_limit=limit) as world:
        assert SEEN[name](world), HANDWRITTEN_FAULTS[name].description


@pytest.mark.integration
@pytest.mark.parametrize("name", SEEN)
def test_the_mock_without_the_fault_lacks_its_effect(
    start: StartMock, mock: RunningMock, name: str
) -> None:
    limit = Rate(5, 60) if SEEN[name].__qualname__.startswith("limited") else None
    if limit is None:
        assert not SEEN[name](mock)
        return
    with start(rate_limit=limit) as world:
        assert not SEEN[name](world)


def test_every_fault_has_name_category_and_description() -> None:
    for name, fault in HANDWRITTEN_FAULTS.items():
        assert fault.name == name
        assert fault.category in ("responses", "validation", "auth", "resources", "webhooks")
        assert fault.description.endswith(".")
        assert "\t" not in fault.description
        assert fault.need


@pytest.mark.integration
def test_a_mock_without_faults_does_not_import_the_fault_table() -> None:
    code = "import sys, mock_server.app; print('mock_server.faults.table' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_a_fault_applies_only_if_the_contract_has_its_feature(contract: Contract) -> None:
    silent = replace(contract, events=())
    unsecured = replace(
        contract, operations=tuple(replace(o, security=()) for o in contract.operations)
    )
    lost = {name for name in HANDWRITTEN_FAULTS if name not in faults(silent)}
    assert lost == {
        name
        for name, fault in HANDWRITTEN_FAULTS.items()
        if fault.category in ("resources", "webhooks")
    }
    lost = {name for name in HANDWRITTEN_FAULTS if name not in faults(unsecured)}
    assert {"signature-ignored", "permission-ignored", "credential-in-payload"} <= lost
    assert not {"unsigned", "max-length-ignored", "conflict-crash"} & lost


@pytest.mark.parametrize(
    ("settings", "tells"),
    [
        ({"faults": frozenset({"nothing"})}, "unknown fault 'nothing'"),
        ({"webhook_urls": ("localhost:4020",)}, "use http://host:port/path"),
        ({"jwt_secret": ""}, "empty"),
        ({"auth": "none"}, "unknown auth mode 'none'; use one of jwt, presence, off"),
    ],
)
def test_rejects_invalid_settings(contract: Contract, settings: Any, tells: str) -> None:
    with pytest.raises(ValueError, match=tells):
        create_app(contract, Settings(**settings))


@pytest.mark.integration
def test_loads_the_faults_before_a_client_prefers_one() -> None:
    contract = load_contract()  # of this test, so that no other test has loaded its faults
    known = faults.cache_info().misses
    deadline = time.monotonic() + 60
    with running(contract) as mock:
        while faults.cache_info().misses == known:
            assert time.monotonic() < deadline, "the faults were not loaded"
            mock.api("requests").raise_for_status()
