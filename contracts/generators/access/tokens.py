"""Credentials of a run, and forged ones made from a valid JWT (RFC 7515, RFC 7519)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

from contracts.model.credential_kinds import FORGED_KINDS, ISSUED
from contracts.model.exchange import Credential
from contracts.model.given_credentials import bearer_tokens
from contracts.model.settings import Settings
from openapi.curl import bearer_option

VALID_TOKEN_MEANING = "a valid token with the permission"  # noqa: S105 - no secret
VALID_TOKEN_OPTION = bearer_option(f"{{HOOKPROOF_TOKEN:?set it to {VALID_TOKEN_MEANING}}}")
"""Option of curl that sends the valid token, with an explained variable."""


def bearer_value(token: str) -> str:
    """Return the Authorization header's value for `token` (RFC 6750, section 2.1)."""
    return f"Bearer {token}"


def forge_credentials(token: str) -> Iterator[Credential]:
    """Yield unverifiable variants of `token`; none if it is not a JWT."""
    for kind, text in forge_tokens(token):
        yield Credential(kind, "refused", bearer_value(text))


def forge_tokens(token: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each unverifiable variant of `token`; none if it is not a JWT."""
    if not is_jwt(token):
        return
    head, claims, signature = token.split(".")
    stated = decode_jwt_part(head)
    assert isinstance(stated, dict)
    for other in _altered_signatures(signature):
        yield ("wrongly signed", f"{head}.{claims}.{other}")
    yield ("malformed", f"{token}.more")
    yield ("without a signature", f"{head}.{claims}.")
    yield ("without a signature", f"{head}.{claims}")
    # A service may use an empty key if it finds no key for `kid`.
    for named in ({}, {"kid": "../../../../dev/null"}):
        header = _encode_json_part({"alg": "HS256", "typ": "JWT", **named})
        mac = hmac.digest(b"", f"{header}.{claims}".encode(), hashlib.sha256)
        yield ("signed with an empty key", f"{header}.{claims}.{encode_jwt_part(mac)}")
    for name in ("none", "None", "nOnE"):
        yield ("alg none", f"{_encode_json_part({'alg': name, 'typ': 'JWT'})}.{claims}.")
    for name in {"HS512", "RS256"} - {stated.get("alg")}:
        yield (
            "another algorithm",
            f"{_encode_json_part({**stated, 'alg': name})}.{claims}.{signature}",
        )
    yield (
        "header changed",
        f"{_encode_json_part({**stated, 'kid': 'hookproof'})}.{claims}.{signature}",
    )
    meant = decode_jwt_part(claims)
    if isinstance(meant, dict):
        changed = _encode_json_part({**meant, "hookproof": "changed"})
        yield ("claims changed", f"{head}.{changed}.{signature}")


def _altered_signatures(signature: str) -> Iterator[str]:
    """Yield the signature with one character changed, early and late, and its first half.

    A change of the last character may decode to the same bytes; of the third last it never does.
    """
    for at in (0, max(len(signature) - 3, 0)):
        other = "B" if signature[at] == "A" else "A"
        yield signature[:at] + other + signature[at + 1 :]
    yield signature[: len(signature) // 2]


def is_jwt(token: str) -> bool:
    """Return whether `token` is a signed JWT (RFC 7519): three parts, the first a JSON object."""
    parts = token.split(".")
    return len(parts) == 3 and all(parts) and isinstance(decode_jwt_part(parts[0]), dict)


def decode_jwt_part(part: str) -> object:
    """Return the JSON value in a part of a JWT, or None."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def encode_jwt_part(raw: bytes) -> str:
    """Return `raw` as a part of a JWT."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _encode_json_part(value: dict[str, object]) -> str:
    return encode_jwt_part(json.dumps(value).encode())


_MISSING_TOKEN_ADVICE = {
    "expired": ("no expired token was given", "pass --token-expired"),
    "not yet valid": ("no token that is not yet valid was given", "pass --token-not-yet-valid"),
    "without the permission": (
        "no token without the permission was given",
        "pass --token-without-permission",
    ),
}


def valid_credential(settings: Settings) -> Credential:
    """Return the valid credential of the settings; without a token no header."""
    return Credential("valid", "accepted", bearer_value(settings.token) if settings.token else None)


def rejected_credentials(settings: Settings) -> Iterator[Credential]:
    """Yield the credentials that a service must reject with 401."""
    token = settings.token
    yield Credential("missing", "refused", None)
    yield Credential("empty", "refused", "Bearer")
    yield Credential("malformed", "refused", bearer_value("not-a-token"))
    yield Credential("malformed", "refused", bearer_value("e30.e30.e30"))
    yield Credential("malformed", "refused", bearer_value("null"))
    yield Credential(
        "wrong scheme", "refused", f"Basic {encode_jwt_part(token.encode()).rstrip('=')}"
    )
    yield Credential("wrong scheme", "refused", f"Digest {token}")
    yield Credential("wrong scheme", "refused", f"Token {token}")
    yield Credential("without a scheme", "refused", token)
    yield from forge_credentials(token)
    if settings.token_expired:
        yield Credential("expired", "refused", bearer_value(settings.token_expired))
    if settings.token_not_yet_valid:
        yield Credential("not yet valid", "refused", bearer_value(settings.token_not_yet_valid))


def forbidden_credentials(settings: Settings) -> Iterator[Credential]:
    """Yield the credentials that a service must reject with 403."""
    if settings.token_without_permission:
        token = settings.token_without_permission
        yield Credential("without the permission", "forbidden", bearer_value(token))


def reason_untested(settings: Settings, kind: str) -> tuple[str, str | None]:
    """Return why no credential of `kind` was sent, and the option to pass, or None."""
    if kind in FORGED_KINDS and not any(map(is_jwt, bearer_tokens(settings))):
        return "the token is not a JWT: forged credentials need one", "pass a JWT as the token"
    if kind in _MISSING_TOKEN_ADVICE:
        return _MISSING_TOKEN_ADVICE[kind]
    if kind in ISSUED:
        return "the service issued no such credential", None
    return "the run sent no such credential", None


def token_expiry(token: str) -> float | None:
    """Return the `exp` claim of a JWT in Unix seconds, or None without one."""
    claims = decode_jwt_part(token.split(".")[1]) if is_jwt(token) else None
    stated = claims.get("exp") if isinstance(claims, dict) else None
    return float(stated) if isinstance(stated, int | float) else None
