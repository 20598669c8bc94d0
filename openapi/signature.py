"""Signatures of webhooks: over bytes, never over parsed JSON.

Which header, algorithm and encoding a webhook uses is said by `x-signature` of its security
scheme. Signing and verifying take bytes and are total: no input makes them raise.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

_DIGESTS = {
    "hmac-sha1": hashlib.sha1,
    "hmac-sha256": hashlib.sha256,
    "hmac-sha512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """How a webhook is signed."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    pointer: str
    """Where the contract says so."""


def sign(scheme: SignatureScheme, body: bytes, secret: str) -> str:
    """Return the header's value for the raw `body`; the key is `secret` as UTF-8."""
    digest = hmac.new(secret.encode(errors="surrogateescape"), body, _DIGESTS[scheme.algorithm])
    if scheme.encoding == "hex":
        return scheme.prefix + digest.hexdigest()
    return scheme.prefix + base64.b64encode(digest.digest()).decode("ascii")


def verify(
    scheme: SignatureScheme, headers: Iterable[tuple[bytes, bytes]], body: bytes, secret: str
) -> str | None:
    """Say why the signature in `headers` does not prove `body`, or return None if it does.

    The comparison takes the same time wherever the values differ.
    """
    name = scheme.header.lower().encode()
    values = [value for key, value in headers if key.lower() == name]
    if not values:
        return f"there is no {scheme.header} header"
    if len(values) > 1:
        return f"there are {len(values)} {scheme.header} headers"
    if not hmac.compare_digest(values[0].strip(b" \t"), sign(scheme, body, secret).encode()):
        return f"{scheme.header} is not the {scheme.algorithm} of the raw body under the secret"
    return None
