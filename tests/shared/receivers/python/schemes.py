"""Signature schemes of the two contracts, and their names for the parts of a payload."""

import base64
from collections.abc import Callable
from dataclasses import dataclass


class Headers:
    """Headers of a request in the order and case received."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def get(self, name: str) -> str | None:
        """Return the first value of a header, whose name has any case."""
        for key, value in self.pairs:
            if key.lower() == name.lower():
                return value.strip()
        return None


@dataclass(frozen=True)
class Scheme:
    """Header, prefix, key and signed content of a signature scheme."""

    signature_header: str
    prefix: str
    key: Callable[[str], bytes]
    type_property: str
    time_property: str
    id_header: str | None = None
    timestamp_header: str | None = None


def decoded_key(secret: str) -> bytes:
    """Return the key of a secret of Standard Webhooks."""
    return base64.b64decode(secret.removeprefix("whsec_"))


SCHEMES = {
    "standard-webhooks": Scheme(
        "webhook-signature",
        "v1,",
        decoded_key,
        "type",
        "timestamp",
        "webhook-id",
        "webhook-timestamp",
    ),
    "body": Scheme("Webhook-Signature", "", str.encode, "event", "triggeredAt"),
}
