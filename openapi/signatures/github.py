"""Signatures of GitHub: an HMAC-SHA256 of the body, without id and timestamp.

Source: GitHub's documentation, "Validating webhook deliveries".
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="github",
    header="X-Hub-Signature-256",
    hash_name="hmac-sha256",
    encoding="hex",
    prefix="sha256=",
)
