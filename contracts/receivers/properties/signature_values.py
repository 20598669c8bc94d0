"""Values of signature headers that a careless receiver accepts. Pure."""

import base64
import hashlib
import re
from dataclasses import replace

from contracts.receivers.trials.sender import NewEvent, Sender
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message

LONGER_SIGNATURE = "a signature with more characters at its end"
_MIN_KEPT = 8
"""Characters of a signature that a cut one keeps."""
_UNSET = ("undefined", "null", "None")
"""Texts that languages make of a secret that is not set."""


def weak_signatures(sender: Sender, event: NewEvent) -> list[tuple[str, str]]:
    """Return the words for each value, and the value of the signature header."""
    scheme = sender.scheme
    assert scheme is not None
    right = dict(sender.signed_headers(event))[scheme.header]
    empty_body = dict(sender.signed_headers(event, body=b""))[scheme.header]
    found = [
        ("the signature of an empty body", empty_body),
        ("the word none in place of a signature", "none"),
    ]
    if isinstance(scheme, HmacScheme):
        found += _hmac_values(scheme, sender, event, right)
    else:
        found += [("a cut signature", right[: max(_MIN_KEPT, len(right) // 2)])]
    return [(words, value) for words, value in found if value != right]


def _hmac_values(
    scheme: HmacScheme, sender: Sender, event: NewEvent, right: str
) -> list[tuple[str, str]]:
    message = sender.message(event).with_headers(sender.signed_headers(event))
    (proof,) = (one.decode() for one in scheme.signatures_in(right.encode()))
    bare = proof.removeprefix(scheme.prefix)
    digest = scheme.digest(message, sender.secret)
    keyless = scheme.with_text_key()

    def header(value: str) -> str:
        return right.replace(proof, value)

    values = [
        ("an empty signature", header(scheme.prefix)),
        ("a signature with an empty key", header(keyless.sign(message, ""))),
        *(
            (f"a signature whose key is the word {word}", header(keyless.sign(message, word)))
            for word in _UNSET
        ),
        ("a plain hash in place of an HMAC", header(_plain_hash(scheme, message))),
        ("the first characters of the right signature", header(scheme.prefix + bare[:_MIN_KEPT])),
        ("another end of the signature", header(scheme.prefix + _other_end(scheme, digest))),
        ("a signature of zeros", header(scheme.prefix + _encoded(scheme, bytes(len(digest))))),
        (LONGER_SIGNATURE, header(f"{proof}AAAA")),
        ("a signature of 4,000 characters", header(scheme.prefix + "A" * 4000)),
    ]
    values.append(
        ("a signature with characters beyond ASCII", header(f"{scheme.prefix}é{bare[1:]}"))
    )
    for words, template in _narrower_templates(scheme.content_template):
        narrow = replace(scheme, content_template=template)
        values.append((words, header(narrow.sign(message, sender.secret))))
    other_hash = "hmac-sha1" if scheme.hash_name != "hmac-sha1" else "hmac-sha512"
    other = replace(scheme, hash_name=other_hash)
    short = other_hash.removeprefix("hmac-").replace("sha1", "SHA-1").replace("sha512", "SHA-512")
    values.append((f"a signature with {short}", header(other.sign(message, sender.secret))))
    unknown = _unknown_version(scheme, right, proof)
    if unknown:
        values.append(("a signature of an unknown version only", unknown))
    return values


def _narrower_templates(template: str) -> list[tuple[str, str]]:
    """Return the words for a signature that covers less, and the template of its content."""
    found = []
    for part in ("timestamp", "id"):
        if f"{{{part}}}" in template:
            rest = re.sub(rf"\{{{part}\}}[^{{}}]?", "", template)
            found.append((f"a signature that does not cover the {part}", rest))
    if "{timestamp}" in template and "{id}" in template:
        found.append(("a signature of the body alone", "{body}"))
    return found


def _plain_hash(scheme: HmacScheme, message: Message) -> str:
    name = scheme.hash_name.removeprefix("hmac-")
    plain = hashlib.new(name, scheme.signed_content(message), usedforsecurity=False).digest()
    return scheme.prefix + _encoded(scheme, plain)


def _other_end(scheme: HmacScheme, digest: bytes) -> str:
    half = len(digest) // 2
    return _encoded(scheme, digest[:half] + bytes(byte ^ 0xFF for byte in digest[half:]))


def _encoded(scheme: HmacScheme, digest: bytes) -> str:
    return digest.hex() if scheme.encoding == "hex" else base64.b64encode(digest).decode("ascii")


def _unknown_version(scheme: HmacScheme, right: str, proof: str) -> str | None:
    """Return the header with the right signature under an unknown version, or None."""
    if scheme.header_format is not None:
        return re.sub(r"\b[a-z]+\d(?==" + re.escape(proof) + ")", "v99", right)
    if re.fullmatch(r"v\d+[,=]", scheme.prefix):
        return right.replace(proof, "v99" + proof[len(scheme.prefix) - 1 :])
    return None
