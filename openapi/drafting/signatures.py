"""Guess of the signature scheme of a webhook, from the name of the header that it documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.json_pointer import get_at, join_pointer
from openapi.signatures import http_message
from openapi.signatures.http_message import INPUT_HEADER, HttpMessageScheme
from openapi.signatures.registry import SCHEMES


@dataclass(frozen=True, slots=True)
class SignatureHeader:
    """Documented header of a webhook that has a signature."""

    name: str
    scheme: str
    """Name of its security scheme in the document; empty if it is only a header."""
    signature: Mapping[str, Any] | None
    """Value of `x-hookproof-signature`; None if the name does not tell it."""
    reason: str = ""
    """Reason for None."""


KNOWN: Mapping[str, Mapping[str, Any]] = {
    **{
        scheme.header.lower(): {"scheme": scheme.name}
        for scheme in SCHEMES.values()
        if not isinstance(scheme, HttpMessageScheme)
    },
    "x-hub-signature": {
        "algorithm": "hmac-sha1",
        "encoding": "hex",
        "prefix": "sha1=",
        "signed-content": "body",
        "secret-encoding": "utf-8",
    },
}
"""Published schemes, by the header in lower case."""
_MESSAGE_HEADERS = (http_message.SCHEME.header.lower(), INPUT_HEADER.lower())
"""Headers that only together tell the scheme: other schemes have a header `Signature` too."""
_WORDS = ("signature", "hmac")


def find_signature_header(document: Mapping[str, Any], webhook: str) -> SignatureHeader | None:
    """Return the signature header of the webhook whose operation object is at `webhook`."""
    found = [*_headers_of_security(document, webhook), *_headers_of_parameters(document, webhook)]
    if {name.lower() for name, _ in found}.issuperset(_MESSAGE_HEADERS):
        name, scheme = next(one for one in found if one[0].lower() == _MESSAGE_HEADERS[0])
        return SignatureHeader(name, scheme, {"scheme": http_message.SCHEME.name})
    for name, scheme in found:
        lower = name.lower()
        if lower in KNOWN:
            return SignatureHeader(name, scheme, KNOWN[lower])
    for name, scheme in found:
        if any(word in name.lower() for word in _WORDS):
            reason = "the document does not say how it is computed"
            return SignatureHeader(name, scheme, None, reason)
    return None


def _headers_of_security(document: Mapping[str, Any], webhook: str) -> Iterator[tuple[str, str]]:
    """Yield name and security scheme of each API key in a header that the webhook requires."""
    stated = get_at(document, join_pointer(webhook, "security"))
    for one in stated if isinstance(stated, list) else ():
        for scheme in one if isinstance(one, dict) else ():
            place = join_pointer("/components/securitySchemes", scheme)
            found = _resolved(document, place)
            is_header = found.get("in") == "header" and isinstance(found.get("name"), str)
            if is_header and "x-hookproof-signature" not in found:
                yield found["name"], scheme


def _headers_of_parameters(document: Mapping[str, Any], webhook: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each header parameter of the webhook, and no security scheme."""
    for holder in (webhook, webhook.rpartition("/")[0]):
        place = join_pointer(holder, "parameters")
        stated = get_at(document, place)
        for index in range(len(stated) if isinstance(stated, list) else 0):
            found = _resolved(document, join_pointer(place, index))
            if found.get("in") == "header" and isinstance(found.get("name"), str):
                yield found["name"], ""


def _resolved(document: Mapping[str, Any], pointer: str) -> Mapping[str, Any]:
    """Return the object at `pointer`, references followed; empty without one."""
    found = get_at(document, pointer)
    for _ in range(20):
        if not isinstance(found, dict) or not isinstance(found.get("$ref"), str):
            break
        found = get_at(document, found["$ref"][1:])
    return found if isinstance(found, dict) else {}
