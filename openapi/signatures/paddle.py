"""Signatures of Paddle: `ts=TIMESTAMP;h1=SIGNATURE` in one header.

Source: Paddle's documentation, "Verify webhook signatures". Its libraries have a tolerance of 5 s.
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="paddle",
    header="Paddle-Signature",
    tolerance=5,
    hash_name="hmac-sha256",
    encoding="hex",
    content_template="{timestamp}:{body}",
    header_format="ts={timestamp};h1={signature}",
)
