"""Signatures of Standard Webhooks, version `v1`: an HMAC-SHA256 of id, timestamp and body.

Source: the Standard Webhooks specification, "Signature scheme".
"""

from openapi.signatures.generic_hmac import HmacScheme

SCHEME = HmacScheme(
    name="standard-webhooks",
    header="webhook-signature",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    tolerance=300,
    hash_name="hmac-sha256",
    encoding="base64",
    prefix="v1,",
    separator=" ",
    content_template="{id}.{timestamp}.{body}",
    secret_encoding="base64",  # noqa: S106 - no secret
    secret_prefix="whsec_",  # noqa: S106 - no secret
)
