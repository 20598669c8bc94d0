"""From the secret of webhooks, as people hand it on, to the bytes of a key.

The webhook secrets that a receiver was given: the first counts, the others explain.

Signatures of webhooks: over bytes, never over parsed JSON.

Which headers, algorithm, encoding and key a webhook uses is said by `x-hookproof-signature` of its security
scheme. Signing and verifying take bytes and are total: no input makes them raise."""

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


def decode_secret(encoding: str, prefix: str, secret: str) -> bytes:
    """Return the key: the whole secret as UTF-8, or what is decoded of the text after `prefix`.

    Total: a secret that cannot be decoded counts as UTF-8. `problem` says so beforehand.
    """
    decoded = _try_decode(encoding, prefix, secret)
    return secret.encode(errors="surrogateescape") if decoded is None else decoded


def secret_encoding_problem(encoding: str, prefix: str, secret: str) -> str | None:
    """Say what is wrong with `secret` as a key, without repeating it; None if nothing is."""
    if encoding == "utf-8" or _try_decode(encoding, prefix, secret):
        return None
    after = f"{prefix!r} and after it " if prefix else ""
    return f"the webhook secret is not what this contract signs with: {after}a key in {encoding}"


def _try_decode(encoding: str, prefix: str, secret: str) -> bytes | None:
    decode = _DECODERS.get(encoding)
    if decode is None or not secret.startswith(prefix):
        return None
    try:
        return decode(secret.removeprefix(prefix))
    except (binascii.Error, ValueError):
        return None


Secrets = str | Sequence[str] | None
"""One, several, or none that is known."""


def secrets_as_tuple(secrets: Secrets) -> tuple[str, ...]:
    """Return the secrets one by one; empty where none is known."""
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
"""What is signed where the contract says `body`: the raw bytes and nothing else."""

Headers = Iterable[tuple[bytes, bytes]]
"""The headers of a delivery: names and values as they stand on the wire."""


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """How a webhook is signed."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    pointer: str
    """Where the contract says so."""
    content_template: str = BODY_TEMPLATE
    """What is signed: text in which `{id}`, `{timestamp}` and `{body}` stand for those values."""
    secret_encoding: str = "utf-8"  # noqa: S105 - no secret
    """How the key is made of the secret: `utf-8` text, or decoded from `base64` or `hex`."""
    secret_prefix: str = ""
    """What stands in the secret before the text that is decoded."""
    separator: str | None = None
    """What stands between the signatures of one header; None: there is always one alone."""
    id_header: str | None = None
    timestamp_header: str | None = None
    """Holds Unix seconds."""
    tolerance: float | None = None
    """Seconds that a timestamp may be away from the arrival; None: any."""

    def header_names(self) -> tuple[str, ...]:
        """Return every header that a signed delivery carries, the signature's first."""
        named = (self.header, self.id_header, self.timestamp_header)
        return tuple(name for name in named if name is not None)


def secret_problem(schemes: Iterable[SignatureScheme | None], secret: str) -> str | None:
    """Say why `secret` is no key of one of the `schemes`, without repeating it; None if it is."""
    complaints = (
        secret_encoding_problem(s.secret_encoding, s.secret_prefix, secret)
        for s in schemes
        if s is not None
    )
    return next((complaint for complaint in complaints if complaint), None)


def signed_content(scheme: SignatureScheme, headers: Headers, body: bytes) -> bytes:
    """Return what is signed of a delivery; a header that is not there counts as empty."""
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
    """Return the one signature of the raw `body` under `secret`, with its prefix.

    `headers` are those of the delivery; only a scheme that signs more than the body looks at them.
    A secret that is no key of the scheme counts as UTF-8 text: see `openapi.secret.problem`.
    """
    signed = signed_content(scheme, headers, body)
    made = decode_secret(scheme.secret_encoding, scheme.secret_prefix, secret)
    digest = hmac.new(made, signed, _DIGESTS[scheme.algorithm])
    if scheme.encoding == "hex":
        return scheme.prefix + digest.hexdigest()
    return scheme.prefix + base64.b64encode(digest.digest()).decode("ascii")


def signed_headers(
    scheme: SignatureScheme, body: bytes, secret: str, identity: str, at: float
) -> tuple[tuple[str, str], ...]:
    """Return the headers that prove `body`: identity and time where the scheme has them, signature.

    `identity` names the event, `at` is the time of sending in Unix seconds.
    """
    stamps = ((scheme.id_header, identity), (scheme.timestamp_header, str(int(at))))
    named = [(name, value) for name, value in stamps if name is not None]
    raw = [(name.encode(), value.encode()) for name, value in named]
    return (*named, (scheme.header, sign(scheme, body, secret, raw)))


def verify(
    scheme: SignatureScheme, headers: Headers, body: bytes, secret: str, at: float | None = None
) -> str | None:
    """Say why the signature in `headers` does not prove `body`, or return None if it does.

    `at` is the arrival in Unix seconds, which a timestamp is held against; None leaves that out.
    The comparison takes the same time wherever the values differ.
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
    proofs = sum(hmac.compare_digest(one, expected) for one in given)  # all of them, for its time
    if not proofs:
        what = (
            "the raw body" if scheme.content_template == BODY_TEMPLATE else scheme.content_template
        )
        return f"{scheme.header} is not the {scheme.algorithm} of {what} under the secret"
    return _timestamp_problem(scheme, pairs, at)


def _timestamp_problem(
    scheme: SignatureScheme, pairs: list[tuple[bytes, bytes]], at: float | None
) -> str | None:
    if scheme.timestamp_header is None:
        return None
    (value,) = _header_values(pairs, scheme.timestamp_header)
    if re.fullmatch(rb"\d{1,12}", value) is None:
        guess = " but of milliseconds" if re.fullmatch(rb"\d{13}", value) else ""
        return f"{scheme.timestamp_header} is no number of Unix seconds{guess}"
    if at is None or scheme.tolerance is None or abs(at - int(value)) <= scheme.tolerance:
        return None
    return (
        f"{scheme.timestamp_header} is {abs(at - int(value)):.0f} s away from the arrival, "
        f"which is more than {scheme.tolerance:g} s"
    )


def _header_values(pairs: list[tuple[bytes, bytes]], name: str | None) -> list[bytes]:
    wanted = name.lower().encode() if name else None
    return [value for key, value in pairs if key.lower() == wanted]
