"""Credentials: verification, permissions, expiry and revocation."""

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from support.mock import RunningMock

from mock_server.token_verification import verify_token
from mock_server.tokens import DEVELOPMENT_SECRET, CredentialChecks, granted_scopes, mint

pytestmark = pytest.mark.integration

PERMISSION = "personalAccessToken:write"
LONG_AGO, FAR_AHEAD = 10**9, 4 * 10**9
"""Seconds since 1970. Constants: each worker of a test run must collect the same parameters."""


def _claims(**changes: Any) -> str:
    return jwt.encode({"sub": "me", "scope": PERMISSION, **changes}, DEVELOPMENT_SECRET, "HS256")


def _respelled(part: int, padded: int) -> str:
    """Return a signed token; one part has padding, or a last character with unused bits set."""
    head = {"alg": "HS256", "typ": "JWT", "x": ""}
    claims = {"scope": PERMISSION, "x": ""}
    for value in (head, claims):
        while len(json.dumps(value)) % 3 == 0:
            value["x"] += "x"
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (head, claims)]

    def respell(text: bytes) -> bytes:
        if padded:
            return text + b"=" * (-len(text) % 4)
        return text[:-1] + bytes([text[-1] + 1])

    if part < 2:
        parts[part] = respell(parts[part])
    signature = hmac.digest(DEVELOPMENT_SECRET.encode(), b".".join(parts), "sha256")
    parts.append(base64.urlsafe_b64encode(signature).rstrip(b"="))
    if part == 2:
        parts[2] = respell(parts[2])
    return b".".join(parts).decode()


def _none() -> str:
    head, body = ({"alg": "none", "typ": "JWT"}, {"scope": PERMISSION})
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in (head, body)]
    return b".".join([*parts, b""]).decode()


def _deep() -> str:
    head = base64.urlsafe_b64encode(b"[" * 20000).decode()
    return f"{head}.e30.AAAA"


@pytest.mark.parametrize(
    ("token", "tells"),
    [
        (_claims(exp=LONG_AGO), "expired"),
        (_claims(exp=-(10**12)), "expired"),
        (_claims(exp="soon"), "malformed"),
        (_claims(exp=float("inf")), "malformed"),
        (_claims(exp=str(FAR_AHEAD)), "malformed"),
        (_claims(iat=True), "malformed"),
        (_claims(exp=None), "malformed"),
        (_claims(exp=[FAR_AHEAD]), "malformed"),
        (_claims(nbf=str(LONG_AGO)), "malformed"),
        (_claims(nbf=False), "malformed"),
        (_claims(iat=str(LONG_AGO)), "malformed"),
        (_claims(iat=None), "malformed"),
        *((_respelled(part, padded), "malformed") for part in range(3) for padded in (0, 1)),
        (_claims(nbf=FAR_AHEAD), "not valid yet"),
        (_claims(sub=1), "malformed"),
        (
            jwt.encode({"scope": PERMISSION}, "another-secret-of-32-bytes-or-more", "HS256"),
            "signature",
        ),
        (jwt.encode({"scope": PERMISSION}, DEVELOPMENT_SECRET * 2, "HS512"), "algorithm"),
        (_none(), "algorithm"),
        (_deep(), "malformed"),
        ("x", "malformed"),
        ("a.b.c", "malformed"),
        ("." * 30000, "malformed"),
    ],
)
def test_an_invalid_token_gets_a_401_with_the_reason(
    mock: RunningMock, token: str, tells: str
) -> None:
    answer = mock.post(token=token)
    assert answer.status_code == 401
    assert tells in answer.json()["message"]
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert token not in answer.text or len(token) == 1


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "{token}", "Token {token}", "Bearer {token} x",
     "Bearer {token}, Bearer {token}", "Bearer \u00e9\u00ff", "Bearer " + "A" * 40000],
)  # fmt: skip
def test_a_header_without_a_bearer_credential_gets_a_401(mock: RunningMock, value: str) -> None:
    headers = [(b"Authorization", value.replace("{token}", mock.token).encode("latin-1"))]
    assert mock.client.post(mock.url, json=mock.body(), headers=headers).status_code == 401


def test_no_header_and_two_headers_get_a_401(mock: RunningMock) -> None:
    missing = mock.client.post(mock.url, json=mock.body())
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    twice = [("Authorization", f"Bearer {mock.token}")] * 2
    assert mock.client.post(mock.url, json=mock.body(), headers=twice).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR "])
def test_accepts_any_case_of_the_scheme(mock: RunningMock, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {mock.token}"}
    assert mock.client.post(mock.url, json=mock.body(), headers=headers).status_code == 201


def _created(mock: RunningMock, **more: Any) -> str:
    answer = mock.post(**more)
    assert answer.status_code == 201
    return str(answer.json()["accessToken"])


def test_a_created_token_has_exactly_the_requested_permissions(mock: RunningMock) -> None:
    assert mock.post(token=_created(mock, scopes=[PERMISSION])).status_code == 201
    assert mock.post(token=_created(mock, scopes=["license:read"])).status_code == 403
    assert mock.post(token=_created(mock, scopes=[])).status_code == 403


@pytest.mark.parametrize(
    "scope",
    [f"license:read {PERMISSION}", f"x\t{PERMISSION}", f" {PERMISSION}", f"{PERMISSION} ",
     f"x\u00a0{PERMISSION}", f"x\u2028{PERMISSION}", PERMISSION.replace(":", "%3A"),
     f"\ud800{PERMISSION}", f"{PERMISSION}\u0000", PERMISSION.upper(), ""],
)  # fmt: skip
def test_an_unusual_scope_grants_no_other_permission(mock: RunningMock, scope: str) -> None:
    assert mock.post(token=_created(mock, scopes=[scope])).status_code == 403


def test_each_scope_is_one_granted_scope() -> None:
    odd = ["a b", "a%20b", "\ud800", "ü", "a", '"', "\\"]
    claims = verify_token(
        mint(DEVELOPMENT_SECRET, odd, None), DEVELOPMENT_SECRET, CredentialChecks()
    )
    assert len(granted_scopes(claims)) == len(odd)


def test_a_created_token_expires(mock: RunningMock) -> None:
    late = _created(mock, scopes=[PERMISSION], expiresAt="2999-01-01T00:00:00Z")
    for past in ("2019-08-24T14:15:22Z", "1900-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59"):
        assert (
            mock.post(token=_created(mock, scopes=[PERMISSION], expiresAt=past)).status_code == 401
        )
    far = _created(mock, scopes=[PERMISSION], expiresAt="9999-12-31T23:59:60-23:59")
    assert mock.post(token=late).status_code == 201
    assert mock.post(token=far).status_code == 201
    assert mock.post(token=_claims(exp=10**400)).status_code == 201


def test_a_cached_token_expires(mock: RunningMock) -> None:
    token = mint(DEVELOPMENT_SECRET, [PERMISSION], int(time.time()) + 1)
    statuses = [mock.post(token=token).status_code]
    deadline = time.time() + 10
    while time.time() < deadline and statuses[-1] == 201:
        statuses.append(mock.post(token=token).status_code)
    assert statuses[-1] == 401


def test_rejects_a_token_that_was_created_revoked(mock: RunningMock) -> None:
    answer = mock.post(token=_created(mock, scopes=[PERMISSION], revoked=True))
    assert answer.status_code == 401
    assert "revoked" in answer.json()["message"]
    assert mock.post(token=_created(mock, scopes=[PERMISSION], revoked=False)).status_code == 201


def test_minted_tokens_are_unique_and_have_the_registered_claims() -> None:
    later = int(time.time()) + 60
    first, second = (mint(DEVELOPMENT_SECRET, ["a:read", "b:read"], later) for _ in range(2))
    assert first != second
    claims = verify_token(first, DEVELOPMENT_SECRET, CredentialChecks())
    assert (claims["iss"], claims["scope"], claims["exp"]) == (
        "hookproof",
        "a:read b:read",
        later,
    )
    assert {"sub", "jti", "iat"} <= claims.keys()
    assert len(DEVELOPMENT_SECRET.encode()) >= 32
