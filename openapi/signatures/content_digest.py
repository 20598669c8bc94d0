"""Content-Digest: the digest of a body in a header (RFC 9530). Pure."""

import hashlib
import hmac
from collections.abc import Sequence

from openapi.signatures.structured_fields import parse_dictionary, write_member

HEADER = "Content-Digest"
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def write_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """Return the value of the header for `body`."""
    return write_member(algorithm, _HASHES[algorithm](body).digest(), {})


def digest_problem(values: Sequence[bytes], body: bytes) -> str | None:
    """Return why the lines of the header are not the digest of `body`, or None if they are."""
    stated = parse_dictionary(values)
    if not stated:
        return f"{HEADER} is not a dictionary of structured fields, such as sha-256=:BASE64:"
    known = [(name, value) for name, (value, _) in stated.items() if name in _HASHES]
    if not known:
        return f"{HEADER} has neither sha-256 nor sha-512"
    for name, value in known:
        if not isinstance(value, bytes):
            return f"{HEADER} has no byte sequence for {name}: its base64 is between colons"
        if not hmac.compare_digest(value, _HASHES[name](body).digest()):
            return f"{HEADER} is not the {name} of the body"
    return None
