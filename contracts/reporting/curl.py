"""A command line that sends a request again, with variables in the place of secrets. Pure."""

import shlex

from contracts.model.exchange import Request
from openapi.redaction import Redaction

MAX_BODY_BYTES = 4000
"""Bytes of a body up to which a command line can be expected to carry it."""

_CREDENTIAL_HEADERS = {
    "valid": '"Authorization: Bearer $HOOKPROOF_TOKEN"',
    "wrong scheme": '"Authorization: Digest $HOOKPROOF_TOKEN"',
    "without a scheme": '"Authorization: $HOOKPROOF_TOKEN"',
    "expired": '"Authorization: Bearer $HOOKPROOF_TOKEN_EXPIRED"',
    "not yet valid": '"Authorization: Bearer $HOOKPROOF_TOKEN_NOT_YET_VALID"',
    "without the permission": '"Authorization: Bearer $HOOKPROOF_TOKEN_WITHOUT_PERMISSION"',
    "empty": "'Authorization: Bearer'",
    "malformed": "'Authorization: Bearer not-a-token'",
}
_ALTERED_TOKEN_HEADER = '"Authorization: Bearer $HOOKPROOF_TOKEN_CHANGED"'
"""A credential that a shell line cannot make: whoever runs it puts it there."""


def curl_command(url: str, request: Request, mask: Redaction) -> str | None:
    """Return a command that sends the request again, a variable in the secret's place.

    None where no command line can carry the body.
    """
    if len(request.body) > MAX_BODY_BYTES or b"\0" in request.body:
        return None
    parts = ["curl", "-i", "-X", request.method, shlex.quote(url + request.target)]
    if request.credential.value is not None:
        parts += ["-H", _CREDENTIAL_HEADERS.get(request.credential.kind, _ALTERED_TOKEN_HEADER)]
    for name, value in request.headers:
        parts += ["-H", shlex.quote(f"{name}: {value}")]
    if not request.operation.content and not request.body:
        return mask(" ".join(parts))
    # Without a value curl leaves the header out, which it would otherwise add.
    parts += ["-H", shlex.quote(f"Content-Type: {request.media_type or ''}".strip())]
    parts += ["--data-raw", _quote_body(request.body)]
    return mask(" ".join(parts))


def _quote_body(body: bytes) -> str:
    """Return `body` as a word of a shell; bash's `$'...'` where plain quotes cannot carry it."""
    text = body.decode("ascii", errors="replace")
    if body.isascii() and (text.isprintable() or not text):
        return shlex.quote(text)
    return "$'" + "".join(_escape_byte(byte) for byte in body) + "'"


def _escape_byte(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and byte not in b"'\\"
    return chr(byte) if plain else f"\\x{byte:02x}"
