"""curl command that repeats a request, with variables instead of secrets. Pure.


The command names the value of each variable, as `${NAME:?value}`: a shell prints that text and
sends nothing while the variable is unset.
"""

import re

from contracts.generators.access.tokens import VALID_TOKEN_MEANING
from contracts.model.credential_kinds import (
    ISSUED_EXPIRED,
    ISSUED_GOOD,
    ISSUED_INSUFFICIENT,
    ISSUED_REVOKED,
    ISSUED_SIMILAR,
)
from contracts.model.exchange import Credential, Request
from openapi.curl import bearer_option, body_option, curl_request, header_option
from openapi.redaction import Redaction

MAX_BODY_BYTES = 4000

_VARIABLES = {
    **dict.fromkeys(
        ("valid", "wrong scheme", "without a scheme"), ("HOOKPROOF_TOKEN", VALID_TOKEN_MEANING)
    ),
    "expired": ("HOOKPROOF_TOKEN_EXPIRED", "an expired token"),
    "not yet valid": ("HOOKPROOF_TOKEN_NOT_YET_VALID", "a token that is not valid yet"),
    "without the permission": (
        "HOOKPROOF_TOKEN_WITHOUT_PERMISSION",
        "a valid token without the permission",
    ),
    "wrongly signed": ("HOOKPROOF_TOKEN_CHANGED", "the valid token with another signature"),
    "without a signature": ("HOOKPROOF_TOKEN_CHANGED", "the valid token without its signature"),
    "signed with an empty key": (
        "HOOKPROOF_TOKEN_CHANGED",
        "the claims of the valid token, signed with HS256 and an empty key",
    ),
    "alg none": ("HOOKPROOF_TOKEN_CHANGED", "the valid token with alg none and no signature"),
    "another algorithm": ("HOOKPROOF_TOKEN_CHANGED", "the valid token with another alg"),
    "header changed": ("HOOKPROOF_TOKEN_CHANGED", "the valid token with another kid"),
    "claims changed": ("HOOKPROOF_TOKEN_CHANGED", "the valid token with another claim"),
    ISSUED_EXPIRED: ("HOOKPROOF_TOKEN_ISSUED", "a token that the service issued, after its expiry"),
    ISSUED_REVOKED: ("HOOKPROOF_TOKEN_ISSUED", "a token that the service issued as revoked"),
    ISSUED_INSUFFICIENT: (
        "HOOKPROOF_TOKEN_ISSUED",
        "a token that the service issued without the permission",
    ),
    ISSUED_SIMILAR: (
        "HOOKPROOF_TOKEN_ISSUED",
        "a token that the service issued with a similar permission",
    ),
    ISSUED_GOOD: ("HOOKPROOF_TOKEN_ISSUED", "a token that the service issued with the permission"),
}
"""Credential kind -> shell variable of its token, and the value to set."""
_FIXED_OPTIONS = {
    "empty": header_option("Authorization", "Bearer"),
    "malformed": header_option("Authorization", "Bearer not-a-token"),
}
_SCHEMES = {"wrong scheme": "Digest ", "without a scheme": ""}


def _credential_option(kind: str) -> str:
    """Return the option for a credential of this kind; the shell explains an unset variable."""
    if kind in _FIXED_OPTIONS:
        return _FIXED_OPTIONS[kind]
    plain = re.sub(r"[^A-Za-z0-9 ,.-]", "", kind)
    known = ("HOOKPROOF_TOKEN_CHANGED", f"a token of this kind: {plain}")
    name, meaning = _VARIABLES.get(kind, known)
    return bearer_option(f"{{{name}:?set it to {meaning}}}", _SCHEMES.get(kind, "Bearer "))


def _credential_options(credential: Credential) -> list[str]:
    companions = [credential.companion_options] if credential.companion_options else []
    if credential.curl_options:
        return [credential.curl_options, *companions]
    if credential.value is None or credential.kind == "missing":
        return companions
    return [
        _credential_option(credential.label if credential.form else credential.kind),
        *companions,
    ]


def curl_command(url: str, request: Request, redact: Redaction) -> str | None:
    """Return a command that repeats the request, with an explained variable for the secret.

    Return None if a command line cannot carry the body, or if curl cannot send it in segments or
    with a credential in the query of an exact target.
    """
    body = body_option(request.body)
    if len(request.body) > MAX_BODY_BYTES or body is None:
        return None
    with_body = request.operation.body is not None or bool(request.body)
    form = request.form
    if form.transmission == "segments":
        return None
    parts = curl_request(request.method, url, request.target.encode(), has_body=with_body)
    if request.credential.query and len(parts) > 1:
        return None
    parts += [
        option.replace("Authorization", form.header_name("Authorization"), 1)
        for option in _credential_options(request.credential)
    ]
    parts += [header_option(form.header_name(name), value) for name, value in request.headers]
    # curl sends other values of these headers than a run, or none.
    parts += [header_option(name.title(), value) for name, value in form.headers]
    if with_body:
        parts.append(header_option(form.header_name("Content-Type"), request.media_type))
        if form.chunk_bytes:
            parts.append(header_option("Transfer-Encoding", "chunked"))
        parts.append(body)
    return redact(" ".join(parts))
