"""Signatures of Stripe: `t=TIMESTAMP,v1=SIGNATURE` in one header.

Source: Stripe's documentation, "Verify webhook signatures manually".
The whole secret is the key, with its `whsec_`.
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="stripe",
    header="Stripe-Signature",
    tolerance=300,
    hash_name="hmac-sha256",
    encoding="hex",
    content_template="{timestamp}.{body}",
    header_format="t={timestamp},v1={signature}",
)
