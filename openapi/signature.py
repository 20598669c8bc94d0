"""Webhook signatures: secrets to keys, signing and verifying raw bytes.

`x-hookproof-signature` of a security scheme states the headers, the algorithm and the encodings.
Signing and verifying take raw bytes, never parsed JSON. No input makes them raise.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

_DECODERS: Mapping[str, Callable[[str], bytes]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "hex": bytes.fromhex,
}


Secrets = str | Sequence[str] | None
"""One secret, several secrets, or None."""


def secrets_as_tuple(secrets: Secrets) -> tuple[str, ...]:
    """Return the secrets as a tuple, empty without any."""
    if secrets is None:
        return ()
    return (secrets,) if isinstance(secrets, str) else tuple(secrets)


_DIGESTS = {
    "hmac-sha1": hashlib.sha1,
    "hmac-sha256": hashlib.sha256,
    "hmac-sha512": hashlib.sha512,
}
_PLACEHOLDER = re.compile(r"\{(id|timestamp|body)\}")
BODY_TEMPLATE = "{body}"
"""Content template for `signed-content: body`: the raw bytes alone."""

Headers = Iterable[tuple[bytes, bytes]]
"""Names and values of a delivery's headers, in raw bytes."""


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """Signature scheme of a webhook."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    pointer: str
    """Pointer of the scheme in the contract."""
    content_template: str = BODY_TEMPLATE
    """Template of the signed content with `{id}`, `{timestamp}` and `{body}`."""
    secret_encoding: str = "utf-8"  # noqa: S105 - no secret
    """Encoding of the key in the secret: `utf-8`, `base64` or `hex`."""
    secret_prefix: str = ""
    """Text of the secret before the encoded key."""
    separator: str | None = None
    """Text between the signatures of one header; None: the header has one signature."""
    id_header: str | None = None
    timestamp_header: str | None = None
    """Header with Unix seconds."""
    tolerance: float | None = None
    """Maximum seconds between timestamp and arrival; None: any."""

    @property
    def signed_part(self) -> str:
        """Signed content, for messages."""
        return "the raw body" if self.content_template == BODY_TEMPLATE else self.content_template

    def header_names(self) -> tuple[str, ...]:
        """Return the headers of a signed delivery, the signature first."""
        named = (self.header, self.id_header, self.timestamp_header)
        return tuple(name for name in named if name is not None)


def decode_secret(scheme: SignatureScheme, secret: str) -> bytes:
    """Return the key: the secret as UTF-8, or the decoded text after the scheme's prefix.

    A secret that cannot be decoded counts as UTF-8; see `secret_problem`.
    """
    decoded = _try_decode(scheme, secret)
    return secret.encode(errors="surrogateescape") if decoded is None else decoded


def _try_decode(scheme: SignatureScheme, secret: str) -> bytes | None:
    decode = _DECODERS.get(scheme.secret_encoding)
    if decode is None or not secret.startswith(scheme.secret_prefix):
        return None
    try:
        return decode(secret.removeprefix(scheme.secret_prefix))
    except (binascii.Error, ValueError):
        return None


def secret_problem(schemes: Iterable[SignatureScheme | None], secret: str) -> str | None:
    """Return why a scheme cannot use `secret`, without repeating it; None if all can."""
    for scheme in schemes:
        if scheme and scheme.secret_encoding in _DECODERS and not _try_decode(scheme, secret):
            after = f"{scheme.secret_prefix!r} and after it " if scheme.secret_prefix else ""
            needed = f"{after}a key in {scheme.secret_encoding}"
            return f"the webhook secret does not fit this contract: it needs {needed}"
    return None


def signed_content(scheme: SignatureScheme, headers: Headers, body: bytes) -> bytes:
    """Return the signed bytes of a delivery; a missing header counts as empty."""
    if scheme.content_template == BODY_TEMPLATE:
        return body
    pairs = list(headers)
    values = {
        "id": b"".join(_header_values(pairs, scheme.id_header)[:1]),
        "timestamp": b"".join(_header_values(pairs, scheme.timestamp_header)[:1]),
        "body": body,
    }
    parts = _PLACEHOLDER.split(scheme.content_template)  # text and names in turn
    return b"".join(values[p] if i % 2 else p.encode() for i, p in enumerate(parts))


def sign(scheme: SignatureScheme, body: bytes, secret: str, headers: Headers = ()) -> str:
    """Return the signature of the raw `body` under `secret`, with its prefix.

    Only a scheme that signs more than the body uses `headers`, the headers of the delivery.
    A secret that cannot be decoded counts as UTF-8 text: see `secret_problem`.
    """
    signed = signed_content(scheme, headers, body)
    digest = hmac.new(decode_secret(scheme, secret), signed, _DIGESTS[scheme.algorithm])
    if scheme.encoding == "hex":
        return scheme.prefix + digest.hexdigest()
    return scheme.prefix + base64.b64encode(digest.digest()).decode("ascii")


def signed_headers(
    scheme: SignatureScheme, body: bytes, secret: str, identity: str, at: float
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a signed `body`: id and timestamp if the scheme has them, signature.

    `identity` names the event, `at` is the time of sending in Unix seconds.
    """
    stamps = ((scheme.id_header, identity), (scheme.timestamp_header, str(int(at))))
    named = [(name, value) for name, value in stamps if name is not None]
    raw = [(name.encode(), value.encode()) for name, value in named]
    return (*named, (scheme.header, sign(scheme, body, secret, raw)))


def verify(
    scheme: SignatureScheme, headers: Headers, body: bytes, secret: str, at: float | None = None
) -> str | None:
    """Return why the signature in `headers` is not valid for `body`, or None if it is.

    `at` is the arrival in Unix seconds for the tolerance of the timestamp; None skips that check.
    The signature is compared in constant time.
    """
    pairs = list(headers)
    for name in scheme.header_names():
        count = len(_header_values(pairs, name))
        if count != 1:
            return f"there are {count} {name} headers" if count else f"there is no {name} header"
    (value,) = _header_values(pairs, scheme.header)
    expected = sign(scheme, body, secret, pairs).encode()
    between = scheme.separator.encode() if scheme.separator else None
    given = value.strip(b" \t").split(between) if between else [value.strip(b" \t")]
    proofs = sum(hmac.compare_digest(one, expected) for one in given)  # all of them: constant time
    if not proofs:
        made = f"the {scheme.algorithm} of {scheme.signed_part}"
        return f"{scheme.header} is not {made} under the secret"
    return _timestamp_problem(scheme, pairs, at)


def _timestamp_problem(
    scheme: SignatureScheme, pairs: list[tuple[bytes, bytes]], at: float | None
) -> str | None:
    if scheme.timestamp_header is None:
        return None
    (value,) = _header_values(pairs, scheme.timestamp_header)
    if re.fullmatch(rb"\d{1,12}", value) is None:
        guess = " but in milliseconds" if re.fullmatch(rb"\d{13}", value) else ""
        return f"{scheme.timestamp_header} is not in Unix seconds{guess}"
    if at is None or scheme.tolerance is None or abs(at - int(value)) <= scheme.tolerance:
        return None
    return (
        f"{scheme.timestamp_header} differs from the arrival by {abs(at - int(value)):.0f} s; "
        f"the tolerance is {scheme.tolerance:g} s"
    )


def _header_values(pairs: list[tuple[bytes, bytes]], name: str | None) -> list[bytes]:
    wanted = name.lower().encode() if name else None
    return [value for key, value in pairs if key.lower() == wanted]
