"""Signatures of Standard Webhooks over id, timestamp and body: `v1`, an HMAC, and `v1a`, ed25519.

Source: the Standard Webhooks specification, "Signature scheme". The secret selects the version:
`whsec_` is the shared key of `v1`; `whsk_` and `whpk_` are the private and the public key of `v1a`.
A header may have signatures of both versions.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace

from openapi.signatures.ed25519 import (
    PUBLIC_PREFIX,
    KeyPair,
    is_key_text,
    key_problem,
    public_text,
    read_key,
    write_private_key,
)
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.scheme import header_count_problem

KEY_PAIR_PREFIX = "v1a,"
"""Text before a signature of `v1a`."""
KEY_PAIR_ALGORITHM = "ed25519"


@dataclass(frozen=True, slots=True)
class StandardWebhooksScheme(HmacScheme):
    """Signature by a shared key, or by a key pair."""

    def key_pair(self, secret: str) -> KeyPair | None:
        """Return the key pair in `secret`; None for a shared key, or for an unreadable one."""
        return read_key(secret) if is_key_text(secret) else None

    def algorithm_of(self, secret: str) -> str:
        """Return the name of the algorithm for `secret`."""
        return KEY_PAIR_ALGORITHM if is_key_text(secret) else self.algorithm

    def for_key_pair(self) -> HmacScheme:
        """Return the format of a signature by a key pair, for messages about it."""
        return replace(self, prefix=KEY_PAIR_PREFIX, hash_name=KEY_PAIR_ALGORITHM)

    def secret_problem(self, secret: str, *, signs: bool = False) -> str | None:
        """Return what the scheme needs in place of `secret`, without repeating it, or None."""
        if is_key_text(secret):
            return key_problem(secret, signs=signs)
        return HmacScheme.secret_problem(self, secret)

    def other_secret(self, secret: str) -> str:
        """Return another secret of the same form."""
        if not is_key_text(secret):
            return HmacScheme.other_secret(self, secret)
        private = write_private_key(hashlib.sha256(secret.encode()).digest())
        return public_text(private) if secret.startswith(PUBLIC_PREFIX) else private

    def sign(self, message: Message, secret: str) -> str:
        """Return one signature with its prefix; a public key counts as text."""
        keys = self.key_pair(secret)
        if keys is None or keys.private is None:
            return HmacScheme.sign(self, message, secret)
        return KEY_PAIR_PREFIX + base64.b64encode(keys.sign(self.signed_content(message))).decode()

    def verify(self, message: Message, secret: str, at: float | None = None) -> str | None:
        """Return why the signature of `message` is not valid, or None: see `SignatureScheme`."""
        keys = self.key_pair(secret)
        if keys is None:
            return HmacScheme.verify(self, message, secret, at)
        problem = header_count_problem(message, self.header_names())
        if problem is not None:
            return problem
        content = self.signed_content(message)
        (value,) = message.header_values(self.header)
        if not any(keys.proves(one, content) for one in self.key_pair_signatures(value)):
            return (
                f"{self.header} is not the {KEY_PAIR_ALGORITHM} of {self.signed_part} under the key"
            )
        return self.timestamp_problem(message, at)

    def key_pair_signatures(self, value: bytes) -> list[bytes]:
        """Return the decoded signatures of `v1a` in the value of the header."""
        found: list[bytes] = []
        for one in self.signatures_in(value):
            version, _, text = one.partition(b",")
            if version + b"," != KEY_PAIR_PREFIX.encode():
                continue
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
        return found


SCHEME = StandardWebhooksScheme(
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
