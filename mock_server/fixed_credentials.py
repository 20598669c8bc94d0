"""Fixed credentials of the mock: one for each scheme of HTTP Basic or of API keys."""

import base64
import hmac
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from openapi.contract import Contract
from openapi.security import SecurityScheme, check_credentials, required_schemes

DEVELOPMENT_CREDENTIALS: Mapping[str, str] = MappingProxyType(
    {
        "api-key": "hookproof-development-key",
        "basic": "hookproof:hookproof-development-password",
    }
)
"""Development credential by kind of scheme, published on purpose."""


def accepted_credentials(
    contract: Contract, given: Iterable[tuple[str, str]] = ()
) -> dict[SecurityScheme, str]:
    """Return the credential of each scheme of HTTP Basic or of API keys that operations require.

    Raise `ValueError` for a given one that the contract has no such scheme for.
    """
    given = tuple(given)
    check_credentials(contract.document, given)
    values = dict(given)
    schemes = dict.fromkeys(
        one.scheme for o in contract.operations for one in required_schemes(o.security)
    )
    for scheme in schemes:
        if scheme.kind == "bearer" and scheme.name in values:
            raise ValueError(
                f"{scheme.name} takes the mock's own tokens, which hookproof token prints; "
                "leave its credential out"
            )
    return {
        scheme: values.get(scheme.name, DEVELOPMENT_CREDENTIALS[scheme.kind])
        for scheme in schemes
        if scheme.kind in DEVELOPMENT_CREDENTIALS
    }


def is_same(sent: bytes, accepted: str) -> bool:
    """Return whether `sent` is the accepted credential, in constant time."""
    return hmac.compare_digest(sent, accepted.encode())


def decode_pair(encoded: bytes) -> bytes | None:
    """Return user and password of a Basic credential (RFC 7617), or None if it is malformed."""
    try:
        pair = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    return pair if b":" in pair else None


def query_values(query: bytes, name: str) -> list[bytes]:
    """Return each value of the query parameter `name`, percent-decoded."""
    pairs = (pair.partition(b"=") for pair in query.replace(b"+", b" ").split(b"&"))
    wanted = name.encode()
    return [unquote_to_bytes(value) for key, _, value in pairs if unquote_to_bytes(key) == wanted]


def cookie_values(headers: Iterable[bytes], name: str) -> list[bytes]:
    """Return each value of the cookie `name` in the Cookie headers (RFC 6265, section 4.2)."""
    pairs = (pair.strip().partition(b"=") for header in headers for pair in header.split(b";"))
    wanted = name.encode()
    return [value for key, _, value in pairs if key == wanted]
