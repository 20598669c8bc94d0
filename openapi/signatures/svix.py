"""Signatures of Svix: those of Standard Webhooks under other header names.

Source: Svix's documentation, "Verifying webhooks manually".
"""

from dataclasses import replace

from openapi.signatures import standard_webhooks

SCHEME = replace(
    standard_webhooks.SCHEME,
    name="svix",
    header="svix-signature",
    id_header="svix-id",
    timestamp_header="svix-timestamp",
)
