"""Signature of a body by the scheme of an event."""

from openapi.signatures.message import Message
from openapi.signatures.scheme import SignatureScheme


def signature_of(scheme: SignatureScheme | None, body: bytes, secret: str) -> str:
    """Return the value of the signature header for a message with `body` alone."""
    assert scheme is not None
    return dict(scheme.signed_headers(Message(body), secret, "", 0))[scheme.header]
