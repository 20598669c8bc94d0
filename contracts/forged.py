"""Tokens that nobody has signed, made from a JWT that is good (RFC 7515, RFC 7519)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

from contracts.exchange import Credential

FORGED = (
    "wrongly signed",
    "without a signature",
    "signed with an empty key",
    "alg none",
    "another algorithm",
    "header changed",
    "claims changed",
)
"""Every kind of credential that is made from a JWT."""


def bearer(token: str) -> str:
    """Return the Authorization header's value for `token` (RFC 6750, section 2.1)."""
    return f"Bearer {token}"


def forged(token: str) -> Iterator[Credential]:
    """Yield credentials that look like `token` and cannot be verified; none if it is no JWT."""
    if not is_jwt(token):
        return
    head, claims, signature = token.split(".")
    stated = decoded(head)
    assert isinstance(stated, dict)
    for other in _wrong(signature):
        yield _refused("wrongly signed", f"{head}.{claims}.{other}")
    yield _refused("malformed", f"{token}.more")
    yield _refused("without a signature", f"{head}.{claims}.")
    yield _refused("without a signature", f"{head}.{claims}")
    # A key that is looked up by a name, and not found, is empty to careless code.
    for named in ({}, {"kid": "../../../../dev/null"}):
        header = _json({"alg": "HS256", "typ": "JWT", **named})
        mac = hmac.digest(b"", f"{header}.{claims}".encode(), hashlib.sha256)
        yield _refused("signed with an empty key", f"{header}.{claims}.{encoded(mac)}")
    for name in ("none", "None", "nOnE"):
        yield _refused("alg none", f"{_json({'alg': name, 'typ': 'JWT'})}.{claims}.")
    for name in {"HS512", "RS256"} - {stated.get("alg")}:
        yield _refused(
            "another algorithm", f"{_json({**stated, 'alg': name})}.{claims}.{signature}"
        )
    yield _refused(
        "header changed", f"{_json({**stated, 'kid': 'hookproof'})}.{claims}.{signature}"
    )
    meant = decoded(claims)
    if isinstance(meant, dict):
        changed = _json({**meant, "hookproof": "changed"})
        yield _refused("claims changed", f"{head}.{changed}.{signature}")


def _wrong(signature: str) -> Iterator[str]:
    """Yield the signature with one character changed, early and late, and the half of it.

    The very last character may decode to the same bytes; the third from the end never does.
    """
    for at in (0, max(len(signature) - 3, 0)):
        other = "B" if signature[at] == "A" else "A"
        yield signature[:at] + other + signature[at + 1 :]
    yield signature[: len(signature) // 2]


def _refused(kind: str, token: str) -> Credential:
    return Credential(kind, "refused", bearer(token))


def is_jwt(token: str) -> bool:
    """Say whether `token` is a signed JWT (RFC 7519): three parts, the first a JSON object."""
    parts = token.split(".")
    return len(parts) == 3 and all(parts) and isinstance(decoded(parts[0]), dict)


def decoded(part: str) -> object:
    """Return the JSON that a part of a JWT holds, or None."""
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def encoded(raw: bytes) -> str:
    """Return `raw` as a part of a JWT."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(value: dict[str, object]) -> str:
    return encoded(json.dumps(value).encode())
