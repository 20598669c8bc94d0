"""Signatures of Twilio: an HMAC-SHA1 of the URL and the sorted form fields, without a timestamp.

Source: Twilio's documentation, "Webhooks security". A body that is no form has its SHA-256 in the
query parameter `bodySHA256`, and only the URL is signed. A newer header names HMAC-SHA256.
"""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.public_url import (
    port_forms,
    split_url,
    urls_of_sender,
    with_parts,
    with_path,
)
from openapi.signatures.scheme import Secrets, SignedHeaders, header_count_problem

BODY_HASH = "bodySHA256"
"""Query parameter with the SHA-256 of the body, in hex."""
_FORM = "application/x-www-form-urlencoded"
_SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
_SETTINGS_SHA256 = b"algorithm=HMAC_SHA256"


@dataclass(frozen=True, slots=True)
class TwilioScheme(HmacScheme):
    """Signature that covers the URL."""

    @property
    def signs_url(self) -> bool:
        """Whether the signature covers the URL."""
        return True

    @property
    def signed_part(self) -> str:
        """Signed content, for messages."""
        return "the URL and the sorted form fields"

    @property
    def signed_parts(self) -> tuple[str, ...]:
        """Names of what the signature covers, for messages."""
        return "URL", "body"

    def delivery_url(self, message: Message) -> str:
        """Return the URL to which `message` must be sent: with the hash of a body but a form."""
        if not message.url:
            return ""
        parts = split_url(with_path(message.url))
        kept = [one for one in parts.query.split("&") if one and _name(one) != BODY_HASH]
        if has_form(message) is False and message.body:
            kept.append(f"{BODY_HASH}={hashlib.sha256(message.body).hexdigest()}")
        return with_parts(parts, query="&".join(kept))

    def signed_headers(
        self, message: Message, secrets: Secrets, identity: str, at: float
    ) -> SignedHeaders:
        """Return the signature for `delivery_url`: see `SignatureScheme`."""
        sent = message.with_url(self.delivery_url(message))
        return HmacScheme.signed_headers(self, sent, secrets, identity, at)

    def signed_content(self, message: Message) -> bytes:
        """Return the signed bytes: the URL of the message, and its form fields."""
        return message.url.encode(errors="replace") + self.signed_fields(message)

    def signed_fields(self, message: Message) -> bytes:
        """Return the sorted names and values of a form; nothing for another body."""
        if not is_form_signed(message):
            return b""
        return b"".join(name + value for name, value in sorted(set(form_fields(message.body))))

    def digest(self, message: Message, secret: str) -> bytes:
        """Return the HMAC of the signed content, with the algorithm that the message names."""
        settings = b",".join(message.header_values(_SETTINGS_HEADER)).replace(b" ", b"")
        name = "sha256" if _SETTINGS_SHA256 in settings.split(b",") else "sha1"
        return hmac.digest(self.decode_secret(secret), self.signed_content(message), name)

    def verify(self, message: Message, secret: str, at: float | None = None) -> str | None:  # noqa: ARG002
        """Return why the signature of `message` is not valid, or None: see `SignatureScheme`."""
        problem = header_count_problem(message, self.header_names())
        if problem is None and not message.url:
            problem = "the URL of the delivery is unknown, and the signature covers it"
        if problem is None:
            problem = _body_hash_problem(message)
        if problem is not None:
            return problem
        (value,) = message.header_values(self.header)
        proofs = sum(
            hmac.compare_digest(value.strip(b" \t"), self.sign(one, secret).encode())
            for one in self.possible_messages(message)
        )
        if not proofs:
            return (
                f"{self.header} is not the {self.algorithm} of {self.signed_part} under the secret"
            )
        return None

    def possible_messages(self, message: Message) -> list[Message]:
        """Return the message with each URL that the sender may have signed."""
        urls = urls_of_sender(message.url, self.public_url)
        forms = dict.fromkeys(form for url in urls for form in port_forms(url))
        return [message.with_url(url) for url in forms]


def has_form(message: Message) -> bool | None:
    """Return whether the media type of the body is that of a form; None without a media type."""
    stated = message.header_values("Content-Type")
    if not stated:
        return None
    return stated[0].partition(b";")[0].strip().lower() == _FORM.encode()


def is_form_signed(message: Message) -> bool:
    """Return whether the form fields of the body are signed, and not its hash in the URL."""
    stated = has_form(message)
    return not _body_hashes(message.url) if stated is None else stated


def form_fields(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values of a form, decoded, in their order."""
    text = body.decode("latin-1")
    try:
        fields = parse_qsl(text, keep_blank_values=True, encoding="latin-1")
    except ValueError:  # too many fields
        return []
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])


def _body_hashes(url: str) -> list[str]:
    try:
        fields = parse_qsl(split_url(url).query, keep_blank_values=True)
    except ValueError:
        return []
    return [value for name, value in fields if name == BODY_HASH]


def _body_hash_problem(message: Message) -> str | None:
    """Return why the URL does not cover a body that is no form, or None if it does."""
    if is_form_signed(message) or not message.body:
        return None
    stated = _body_hashes(message.url)
    if len(stated) != 1:
        return f"the URL has {len(stated) or 'no'} {BODY_HASH}, which signs a body that is no form"
    expected = hashlib.sha256(message.body).hexdigest()
    if not hmac.compare_digest(stated[0].lower().encode(), expected.encode()):
        return f"{BODY_HASH} in the URL is not the SHA-256 of the body in hex"
    return None


SCHEME = TwilioScheme(
    name="twilio",
    header="X-Twilio-Signature",
    hash_name="hmac-sha1",
    encoding="base64",
    content_template="{url}{fields}",
)
