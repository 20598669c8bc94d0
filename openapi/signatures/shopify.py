"""Signatures of Shopify: an HMAC-SHA256 of the body in base64, without id and timestamp.

Source: Shopify's documentation, "Deliver webhooks through HTTPS", part "Validate the origin".
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="shopify",
    header="X-Shopify-Hmac-Sha256",
    hash_name="hmac-sha256",
    encoding="base64",
)
