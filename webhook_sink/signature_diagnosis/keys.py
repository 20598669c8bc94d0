"""Keys that a sender may derive from the secret instead of the right key. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from openapi.signatures.generic_hmac import HmacScheme

NamedKey = tuple[str, bytes]
"""Clause about the key, empty for the right key; and the key."""
ORDINALS = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
"""Ordinals of secrets; the search tries no further secret."""


def contract_keys(scheme: HmacScheme, secrets: Sequence[str]) -> Iterator[NamedKey]:
    """Yield the key of each secret by the contract; the first is the right one."""
    for index, (ordinal, secret) in enumerate(zip(ORDINALS, secrets, strict=False)):
        which = f"the {ordinal} of the {len(secrets)} configured secrets"
        yield f"it is computed with {which}" if index else "", scheme.decode_secret(secret)


def alternative_keys(scheme: HmacScheme, secrets: Sequence[str]) -> Iterator[NamedKey]:
    """Yield other keys derived from each secret."""
    for ordinal, secret in zip(ORDINALS, secrets, strict=False):
        subject = f"the {ordinal} secret" if len(secrets) > 1 else "the secret"
        for words, made in _derived_keys(secret):
            if made != scheme.decode_secret(secret):
                yield f"its key is {words.format(subject)}", made
    yield "its key is empty", b""


def _derived_keys(secret: str) -> Iterator[tuple[str, bytes]]:
    raw = secret.encode(errors="surrogateescape")
    bare = raw.strip()
    yield "{} as text, not decoded", raw
    yield "{} with a newline at its end", raw + b"\n"
    yield "{} with a line break (CR LF) at its end", raw + b"\r\n"
    yield "{} without the white space around it", bare
    for start in dict.fromkeys((bare, re.sub(rb"^[a-z]{1,8}_", b"", bare))):
        if start != bare:
            yield "{} without the letters before its first _", start
        yield from _decoded_keys(start)
    yield "{} in base64", base64.b64encode(raw)
    yield "{} in hex", raw.hex().encode()
    yield "the SHA-256 of {}", hashlib.sha256(raw).digest()
    yield "the SHA-256 of {} in hex", hashlib.sha256(raw).hexdigest().encode()
    yield "{} in UTF-16", secret.encode("utf-16-le", "surrogatepass")
    yield "{} in quotes", b'"' + raw + b'"'
    yield "{} in lower case", raw.lower()
    yield "{} in upper case", raw.upper()


def _decoded_keys(start: bytes) -> Iterator[tuple[str, bytes]]:
    text = start.translate(bytes.maketrans(b"-_", b"+/"))
    padded = text + b"=" * (-len(text) % 4)
    with suppress(binascii.Error, ValueError):
        yield "{} decoded from base64", base64.b64decode(padded, validate=True)
    if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", start):
        yield "{} decoded from hex", bytes.fromhex(start.decode())
