"""Generic HMAC: headers, algorithm, encodings and signed content as the contract states them.

Most schemes of vendors are this one with other parameters. Pure.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from openapi.signatures.message import Message
from openapi.signatures.scheme import (
    Secrets,
    SignatureScheme,
    SignedHeaders,
    header_count_problem,
    secrets_as_tuple,
    tolerance_problem,
)

_DECODERS: Mapping[str, Callable[[str], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": bytes.fromhex,
}
_DIGESTS = {
    "hmac-sha1": hashlib.sha1,
    "hmac-sha256": hashlib.sha256,
    "hmac-sha512": hashlib.sha512,
}
_PLACEHOLDER = re.compile(r"\{(id|timestamp|body)\}")
_FORMAT_ITEM = re.compile(r"\s*([^=\s]+)=\{(timestamp|signature)\}\s*")
BODY_TEMPLATE = "{body}"
"""Content template for `signed-content: body`: the raw bytes alone."""


@dataclass(frozen=True, slots=True)
class HmacScheme(SignatureScheme):
    """Signature by an HMAC with a secret that sender and receiver share."""

    name: str = "hmac"
    header: str = ""
    pointer: str = ""
    hash_name: str = "hmac-sha256"
    encoding: str = "hex"
    prefix: str = ""
    content_template: str = BODY_TEMPLATE
    """Template of the signed content with `{id}`, `{timestamp}` and `{body}`."""
    secret_encoding: str = "utf-8"  # noqa: S105 - no secret
    """Encoding of the key in the secret: `utf-8`, `base64` or `hex`."""
    secret_prefix: str = ""
    """Text of the secret before the encoded key."""
    separator: str | None = None
    """Text between the signatures of one header; None: the header has one signature."""
    header_format: str | None = None
    """Parts of the header, such as `t={timestamp},v1={signature}`; None: the signature alone."""

    @property
    def algorithm(self) -> str:
        """Name of the algorithm, for messages."""
        return self.hash_name

    @property
    def signed_part(self) -> str:
        """Signed content, for messages."""
        return "the raw body" if self.content_template == BODY_TEMPLATE else self.content_template

    @property
    def signed_parts(self) -> tuple[str, ...]:
        """Names of what the signature covers, for messages."""
        names = ("id", "timestamp", "body")
        return tuple(name for name in names if f"{{{name}}}" in self.content_template)

    @property
    def has_timestamp(self) -> bool:
        """Whether the signature covers the time of sending."""
        return "{timestamp}" in self.content_template

    @property
    def has_several_signatures(self) -> bool:
        """Whether one header may have several signatures."""
        return self.separator is not None or self.header_format is not None

    def decode_secret(self, secret: str) -> bytes:
        """Return the key: the secret as UTF-8, or the decoded text after the scheme's prefix.

        A secret that cannot be decoded counts as UTF-8; see `secret_problem`.
        """
        decoded = self._try_decode(secret)
        return secret.encode(errors="surrogateescape") if decoded is None else decoded

    def _try_decode(self, secret: str) -> bytes | None:
        decode = _DECODERS.get(self.secret_encoding)
        if decode is None or not secret.startswith(self.secret_prefix):
            return None
        try:
            return decode(secret.removeprefix(self.secret_prefix))
        except (binascii.Error, ValueError):
            return None

    def with_text_key(self) -> "HmacScheme":
        """Return the scheme with the secret as it is for its key."""
        return replace(self, secret_encoding="utf-8", secret_prefix="")  # noqa: S106 - no secret

    def secret_problem(self, secret: str, *, signs: bool = False) -> str | None:  # noqa: ARG002
        """Return what the scheme needs in place of `secret`, without repeating it, or None."""
        if self.secret_encoding not in _DECODERS or self._try_decode(secret):
            return None
        after = f"{self.secret_prefix!r} and after it " if self.secret_prefix else ""
        return f"{after}a key in {self.secret_encoding}"

    def make_secret(self, text: str) -> str:
        """Return a secret that the scheme can use; hexadecimal digits are base64 and UTF-8 too."""
        return self.secret_prefix + text

    def other_secret(self, secret: str) -> str:
        """Return another secret of the same form."""
        key = hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
        return self.make_secret(key)

    def signed_content(self, message: Message) -> bytes:
        """Return the signed bytes of a message; a missing header counts as empty."""
        if self.content_template == BODY_TEMPLATE:
            return message.body
        timestamp = self.timestamp_in(message)
        values = {
            "id": b"".join(message.header_values(self.id_header)[:1]),
            "timestamp": b"" if timestamp is None else timestamp,
            "body": message.body,
        }
        parts = _PLACEHOLDER.split(self.content_template)  # text and names in turn
        return b"".join(values[p] if i % 2 else p.encode() for i, p in enumerate(parts))

    def timestamp_in(self, message: Message) -> bytes | None:
        """Return the text of the timestamp in a message, or None."""
        if self.header_format is None:
            return next(iter(message.header_values(self.timestamp_header)), None)
        found = (self._items(value, "timestamp") for value in message.header_values(self.header))
        return next((text for texts in found for text in texts), None)

    def digest(self, message: Message, secret: str) -> bytes:
        """Return the HMAC of the signed content."""
        content = self.signed_content(message)
        return hmac.new(self.decode_secret(secret), content, _DIGESTS[self.hash_name]).digest()

    def sign(self, message: Message, secret: str) -> str:
        """Return one signature with its prefix; `message` has the other headers already."""
        digest = self.digest(message, secret)
        if self.encoding == "hex":
            return self.prefix + digest.hex()
        return self.prefix + base64.b64encode(digest).decode("ascii")

    def signed_headers(
        self, message: Message, secrets: Secrets, identity: str, at: float
    ) -> SignedHeaders:
        """Return id, timestamp and signature: see `SignatureScheme`."""
        return self.headers_with_timestamp(message, secrets, identity, str(int(at)))

    def headers_with_timestamp(
        self, message: Message, secrets: Secrets, identity: str, timestamp: str
    ) -> SignedHeaders:
        """Return the headers as above for any text of a timestamp."""
        stamps = ((self.id_header, identity), (self.timestamp_header, timestamp))
        named = tuple((name, value) for name, value in stamps if name is not None)
        stamped = message.with_headers(named)
        if self.header_format is not None:
            # The signed content takes the timestamp from the header itself.
            stamped = stamped.with_headers([(self.header, self._write(timestamp, []))])
        values = [self.sign(stamped, secret) for secret in secrets_as_tuple(secrets)]
        if len(values) > 1 and not self.has_several_signatures:
            raise ValueError(f"{self.header} has only one signature")
        if self.header_format is not None:
            return (*named, (self.header, self._write(timestamp, values)))
        return (*named, (self.header, (self.separator or "").join(values)))

    def verify(self, message: Message, secret: str, at: float | None = None) -> str | None:
        """Return why the signature of `message` is not valid, or None: see `SignatureScheme`."""
        problem = header_count_problem(message, self.header_names())
        if problem is not None:
            return problem
        (value,) = message.header_values(self.header)
        expected = self.sign(message, secret).encode()
        # All of them: constant time.
        proofs = sum(hmac.compare_digest(one, expected) for one in self.signatures_in(value))
        if not proofs:
            return (
                f"{self.header} is not the {self.algorithm} of {self.signed_part} under the secret"
            )
        return self.timestamp_problem(message, at)

    def signatures_in(self, value: bytes) -> list[bytes]:
        """Return the signatures in the value of the header."""
        if self.header_format is not None:
            return self._items(value, "signature")
        between = self.separator.encode() if self.separator else None
        return value.strip(b" \t").split(between) if between else [value.strip(b" \t")]

    def with_timestamp(self, headers: SignedHeaders, at: float) -> SignedHeaders:
        """Return signed headers with another timestamp, and the signature as it is."""
        text = str(int(at))
        if self.header_format is None:
            return tuple((n, text if n == self.timestamp_header else v) for n, v in headers)
        return tuple(
            (
                name,
                self._write(text, [s.decode() for s in self.signatures_in(value.encode())])
                if name == self.header
                else value,
            )
            for name, value in headers
        )

    def timestamp_problem(self, message: Message, at: float | None) -> str | None:
        """Return why the timestamp of `message` is not valid, or None."""
        if not self.has_timestamp:
            return None
        value, place = self.timestamp_in(message) or b"", self.timestamp_place
        if re.fullmatch(rb"\d{1,12}", value) is None:
            guess = " but in milliseconds" if re.fullmatch(rb"\d{13}", value) else ""
            return f"{place} is not in Unix seconds{guess}"
        return tolerance_problem(self, place, int(value), at)

    @property
    def timestamp_place(self) -> str:
        """Place of the timestamp, for messages."""
        return self.timestamp_header or f"the timestamp in {self.header}"

    def format_items(self) -> list[tuple[str, str]]:
        """Return key and placeholder of each part of the header."""
        between = self.format_separator()
        parts = (self.header_format or "").split(between)
        return [(m[1], m[2]) for part in parts if (m := _FORMAT_ITEM.fullmatch(part))]

    def format_separator(self) -> str:
        """Return the text between the parts of the header."""
        return ";" if ";" in (self.header_format or "") else ","

    def _items(self, value: bytes, placeholder: str) -> list[bytes]:
        """Return the values of the parts of a header that are for `placeholder`."""
        keys = {key.encode() for key, name in self.format_items() if name == placeholder}
        parts = (part.partition(b"=") for part in value.split(self.format_separator().encode()))
        return [text.strip() for key, _, text in parts if key.strip() in keys]

    def _write(self, timestamp: str, signatures: list[str]) -> str:
        """Return the value of a header with several parts."""
        written: list[str] = []
        for key, placeholder in self.format_items():
            values = [timestamp] if placeholder == "timestamp" else signatures
            written += [f"{key}={value}" for value in values]
        return self.format_separator().join(written)
