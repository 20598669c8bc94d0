"""Keys of ed25519, in the texts that senders of webhooks use for them.

`cryptography` does the arithmetic; only a call that needs a key loads it.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from openapi.signatures.missing_extra import MissingExtra

PRIVATE_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
"""Texts before a key in base64, as Standard Webhooks writes it."""
PEM_PREFIX = "-----BEGIN "
NEEDED = f"an ed25519 key: {PRIVATE_PREFIX!r} or {PUBLIC_PREFIX!r} and after it the key in base64"
NEEDED_TO_SIGN = f"the private key, which begins with {PRIVATE_PREFIX!r}: a public one cannot sign"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Public key, and the private one if it is known."""

    public: Any
    """`Ed25519PublicKey`."""
    private: Any = None
    """`Ed25519PrivateKey`, or None."""

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`; raise `ValueError` without a private key."""
        if self.private is None:
            raise ValueError("a public key cannot sign")
        return bytes(self.private.sign(content))

    def proves(self, signature: bytes, content: bytes) -> bool:
        """Return whether `signature` is valid for `content`."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

        try:
            self.public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def is_key_text(secret: str) -> bool:
    """Return whether `secret` is written as a key of ed25519."""
    return secret.startswith((PRIVATE_PREFIX, PUBLIC_PREFIX, PEM_PREFIX))


@lru_cache(maxsize=64)
def read_key(secret: str) -> KeyPair | None:
    """Return the key in `secret`, None if there is none; raise `MissingExtra`."""
    try:
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - an extra
            ed25519,
        )
    except ModuleNotFoundError:
        raise MissingExtra("an ed25519 key", "cryptography") from None
    if secret.startswith(PEM_PREFIX):
        return _read_pem(secret)
    try:
        raw = base64.b64decode(secret[len(PRIVATE_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return None
    if secret.startswith(PUBLIC_PREFIX) and len(raw) == _KEY_BYTES:
        return KeyPair(ed25519.Ed25519PublicKey.from_public_bytes(raw))
    if secret.startswith(PRIVATE_PREFIX) and len(raw) in (_KEY_BYTES, 2 * _KEY_BYTES):
        private = ed25519.Ed25519PrivateKey.from_private_bytes(raw[:_KEY_BYTES])
        public = private.public_key()
        # Svix writes the public key behind the private one.
        if raw[_KEY_BYTES:] in (b"", public.public_bytes_raw()):
            return KeyPair(public, private)
    return None


def _read_pem(text: str) -> KeyPair | None:
    """Return the key of a PEM text without a password, None for another kind of key."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    raw = text.encode(errors="replace")
    try:
        if "PRIVATE" in text.partition("\n")[0]:
            private = serialization.load_pem_private_key(raw, password=None)
            if isinstance(private, ed25519.Ed25519PrivateKey):
                return KeyPair(private.public_key(), private)
            return None
        public = serialization.load_pem_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return KeyPair(public) if isinstance(public, ed25519.Ed25519PublicKey) else None


def key_problem(secret: str, *, signs: bool) -> str | None:
    """Return what is needed in place of the key in `secret`, or None; raise `MissingExtra`."""
    key = read_key(secret)
    if key is None:
        return NEEDED
    return NEEDED_TO_SIGN if signs and key.private is None else None


def write_private_key(seed: bytes) -> str:
    """Return the text of the private key made of `seed`, 32 bytes."""
    return PRIVATE_PREFIX + base64.b64encode(seed).decode()


def public_text(secret: str) -> str:
    """Return the text of the public key of the key in `secret`; raise `ValueError` without one."""
    key = read_key(secret)
    if key is None:
        raise ValueError("there is no ed25519 key")
    return PUBLIC_PREFIX + base64.b64encode(key.public.public_bytes_raw()).decode()
