"""Signatures of Slack: an HMAC-SHA256 of version, timestamp and body.

Source: Slack's documentation, "Verifying requests from Slack".
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="slack",
    header="X-Slack-Signature",
    timestamp_header="X-Slack-Request-Timestamp",
    tolerance=300,
    hash_name="hmac-sha256",
    encoding="hex",
    prefix="v0=",
    content_template="v0:{timestamp}:{body}",
)
