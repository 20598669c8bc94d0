"""HTTP Message Signatures: RFC 9421, with the digest of the body in Content-Digest (RFC 9530).

A signature covers the components that it names; the contract states which ones it must cover.
"""

import hashlib
import hmac
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openapi.signatures import content_digest
from openapi.signatures.ed25519 import (
    NEEDED,
    PUBLIC_PREFIX,
    KeyPair,
    is_key_text,
    key_problem,
    public_text,
    read_key,
    write_private_key,
)
from openapi.signatures.generic_hmac import HmacScheme
from openapi.signatures.message import Message
from openapi.signatures.message_components import (
    URL_COMPONENTS,
    Component,
    component_value,
    signature_base,
)
from openapi.signatures.public_url import urls_of_sender, with_path
from openapi.signatures.scheme import (
    Secrets,
    SignatureScheme,
    SignedHeaders,
    secrets_as_tuple,
    tolerance_problem,
)
from openapi.signatures.structured_fields import (
    Parameters,
    check_installed,
    parse_dictionary,
    write_member,
)

INPUT_HEADER = "Signature-Input"
ED25519 = "ed25519"
DEFAULT_COMPONENTS = ("@method", "@target-uri", "content-type", "content-digest")
"""Method and URL say what the request does, the digest covers the body, and the media type says
how to read it."""
_NAMES = {"@method": "method", "@target-uri": "URL"}


@dataclass(frozen=True, slots=True)
class StatedSignature:
    """One signature of a message: what `Signature-Input` and `Signature` say under its label."""

    label: str
    components: tuple[Component, ...]
    parameters: Parameters
    value: bytes | None
    """Signature; None if `Signature` has no byte sequence for the label."""


@dataclass(frozen=True, slots=True)
class HttpMessageScheme(SignatureScheme):
    """Signature of the components of a message, by a shared key or by a key pair."""

    name: str = "http-message-signatures"
    header: str = "Signature"
    pointer: str = ""
    tolerance: float | None = 300
    """Maximum seconds between `created` and arrival."""
    components: tuple[str, ...] = DEFAULT_COMPONENTS
    """Components that a signature must cover."""
    label: str = "sig1"
    """Label of the first signature that is written; any is verified."""
    key_id: str | None = None
    """Value of `keyid`; None: any is verified, and none is written."""
    hash_name: str = "hmac-sha256"
    """`hmac-sha256` or `ed25519`."""
    secret_encoding: str = "utf-8"  # noqa: S105 - no secret
    """Encoding of the shared key in the secret: `utf-8`, `base64` or `hex`."""

    @property
    def algorithm(self) -> str:
        """Name of the algorithm, for messages."""
        return self.hash_name

    @property
    def signed_part(self) -> str:
        """Signed content, for messages."""
        return "its components"

    @property
    def signed_parts(self) -> tuple[str, ...]:
        """Names of what the signature covers, for messages."""
        return (*(_NAMES.get(name, name) for name in self.components), "created")

    @property
    def signs_url(self) -> bool:
        """Whether the signature covers the URL."""
        return not URL_COMPONENTS.isdisjoint(self.components)

    @property
    def has_timestamp(self) -> bool:
        """Whether the signature covers the time of sending."""
        return True

    @property
    def has_several_signatures(self) -> bool:
        """Whether one delivery may have several signatures."""
        return True

    @property
    def covers_body(self) -> bool:
        """Whether a signature must cover the digest of the body."""
        return content_digest.HEADER.lower() in self.components

    @property
    def shared_key(self) -> HmacScheme:
        """Reader of the shared key."""
        return HmacScheme(secret_encoding=self.secret_encoding)

    def header_names(self) -> tuple[str, ...]:
        """Return the headers of a signed delivery, the signature first."""
        digest = (content_digest.HEADER,) if self.covers_body else ()
        return (self.header, INPUT_HEADER, *digest)

    def delivery_url(self, message: Message) -> str:
        """Return the URL to which `message` must be sent."""
        return with_path(message.url) if message.url and self.signs_url else message.url

    def secret_problem(self, secret: str, *, signs: bool = False) -> str | None:
        """Return what the scheme needs in place of `secret`, without repeating it, or None."""
        check_installed()
        if self.hash_name != ED25519:
            return self.shared_key.secret_problem(secret)
        return key_problem(secret, signs=signs) if is_key_text(secret) else NEEDED

    def make_secret(self, text: str) -> str:
        """Return a secret that the scheme can use, made from hexadecimal `text`."""
        if self.hash_name != ED25519:
            return self.shared_key.make_secret(text)
        return write_private_key(hashlib.sha256(text.encode()).digest())

    def other_secret(self, secret: str) -> str:
        """Return another secret of the same form."""
        if self.hash_name != ED25519:
            return self.shared_key.other_secret(secret)
        private = self.make_secret(f"not {secret}")
        return public_text(private) if secret.startswith(PUBLIC_PREFIX) else private

    def key_pair(self, secret: str) -> KeyPair:
        """Return the key pair in `secret`; a secret that is none counts as text."""
        found = read_key(secret) if is_key_text(secret) else None
        if found is None:
            found = read_key(self.make_secret(secret))
        assert found is not None
        return found

    def sign_base(self, base: bytes, secret: str) -> bytes:
        """Return the signature of a signature base."""
        if self.hash_name != ED25519:
            return hmac.digest(self.shared_key.decode_secret(secret), base, "sha256")
        pair = self.key_pair(secret)
        if pair.private is None:  # a public key counts as text: see `secret_problem`
            pair = self.key_pair(self.make_secret(secret))
        return pair.sign(base)

    def proves(self, signature: bytes, base: bytes, secret: str) -> bool:
        """Return whether `signature` is valid for a signature base."""
        if self.hash_name != ED25519:
            return hmac.compare_digest(signature, self.sign_base(base, secret))
        return self.key_pair(secret).proves(signature, base)

    def signed_headers(
        self,
        message: Message,
        secrets: Secrets,
        identity: str,  # noqa: ARG002
        at: float,
    ) -> SignedHeaders:
        """Return digest, input and signature: see `SignatureScheme`.

        A component that the message lacks is not covered.
        """
        digest: SignedHeaders = ()
        if self.covers_body:
            digest = ((content_digest.HEADER, content_digest.write_digest(message.body)),)
        digested = message.with_headers(digest).with_url(self.delivery_url(message))
        known = (name for name in self.components if component_value(digested, name, {}))
        covered: list[Component] = [(name, {}) for name in known]
        parameters: dict[str, Any] = {"created": int(at), "alg": self.hash_name}
        if self.key_id is not None:
            parameters["keyid"] = self.key_id
        base = signature_base(digested, covered, parameters)
        assert base is not None
        inputs, values = [], []
        for number, secret in enumerate(secrets_as_tuple(secrets), 1):
            label = self.label if number == 1 else f"{self.label}-{number}"
            inputs.append(write_member(label, covered, parameters))
            values.append(write_member(label, self.sign_base(base, secret), {}))
        return (
            *digest,
            (INPUT_HEADER, ", ".join(inputs)),
            (self.header, ", ".join(values)),
        )

    def verify(self, message: Message, secret: str, at: float | None = None) -> str | None:
        """Return why no signature of `message` is valid, or None: see `SignatureScheme`."""
        for name in self.header_names():
            if not message.header_values(name):
                return f"there is no {name} header"
        problem = self.digest_problem(message)
        if problem is not None:
            return problem
        stated = self.stated_signatures(message)
        if isinstance(stated, str):
            return stated
        problems = [self._problem(message, one, secret, at) for one in stated]
        if None in problems:
            return None
        # The signature that came furthest is the one that was meant.
        return max((p for p in problems if p is not None), key=lambda p: p[0])[1]

    def stated_signatures(self, message: Message) -> list[StatedSignature] | str:
        """Return the signatures of a message; or why it has none, as text."""
        inputs = parse_dictionary(message.header_values(INPUT_HEADER))
        values = parse_dictionary(message.header_values(self.header))
        for name, parsed in ((INPUT_HEADER, inputs), (self.header, values)):
            if not parsed:
                return f"{name} is not a dictionary of structured fields (RFC 9651)"
        assert inputs is not None
        assert values is not None
        return list(_stated(inputs, values))

    def possible_bases(self, message: Message, stated: StatedSignature) -> Iterator[bytes]:
        """Yield the signature base for each URL that the sender may have used."""
        urls = urls_of_sender(message.url, self.public_url) or ("",)
        for url in urls:
            base = signature_base(message.with_url(url), stated.components, stated.parameters)
            if base is not None:
                yield base

    def _problem(
        self, message: Message, stated: StatedSignature, secret: str, at: float | None
    ) -> tuple[int, str] | None:
        """Return how far the verification of one signature came, and its problem, or None."""
        for step, problem in enumerate(
            (self.form_problem(stated), self.cover_problem(message, stated))
        ):
            if problem is not None:
                return step, problem
        assert stated.value is not None
        bases = list(self.possible_bases(message, stated))
        if not sum(self.proves(stated.value, base, secret) for base in bases):
            return 2, (
                f"{self.header} is not the {self.algorithm} of {self.signed_part} under the secret"
            )
        problem = self._time_problem(stated, at)
        return None if problem is None else (3, problem)

    def digest_problem(self, message: Message) -> str | None:
        """Return why Content-Digest is not that of the body, or None; also without the header."""
        digests = message.header_values(content_digest.HEADER)
        return content_digest.digest_problem(digests, message.body) if digests else None

    def form_problem(self, stated: StatedSignature) -> str | None:
        """Return why a signature has the wrong form, algorithm or key id, or None."""
        label, parameters = stated.label, stated.parameters
        if stated.value is None:
            return f"{self.header} has no byte sequence for {label}: its base64 is between colons"
        alg, key_id = parameters.get("alg"), parameters.get("keyid")
        if alg is not None and alg != self.hash_name:
            return f"alg of {label} is not {self.hash_name}"
        if self.key_id is not None and key_id != self.key_id:
            return f"keyid of {label} is not {self.key_id}"
        return None

    def cover_problem(self, message: Message, stated: StatedSignature) -> str | None:
        """Return why a signature does not cover what it must, or None."""
        covered = {name for name, parameters in stated.components if not parameters}
        missing = [name for name in self.components if name not in covered]
        # An empty body needs no media type.
        missing = [n for n in missing if n != "content-type" or message.header_values(n)]
        if missing:
            return f"{stated.label} does not cover {', '.join(missing)}"
        for name, parameters in stated.components:
            if name in URL_COMPONENTS and not message.url:
                return "the URL of the delivery is unknown, and the signature covers it"
            if component_value(message, name, parameters) is None:
                return f"{stated.label} covers {name!a}, which the delivery lacks"
        return None

    def _time_problem(self, stated: StatedSignature, at: float | None) -> str | None:
        created, expires = stated.parameters.get("created"), stated.parameters.get("expires")
        if created is None and self.tolerance is not None:
            return f"{stated.label} has no created"
        for name, value in (("created", created), ("expires", expires)):
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
                return f"{name} of {stated.label} is not in Unix seconds"
        if at is not None and expires is not None and expires < math.floor(at):
            return f"expires of {stated.label} is {at - expires:.0f} s before the arrival"
        if created is None:
            return None
        if created > 10**12:
            return f"created of {stated.label} is not in Unix seconds but in milliseconds"
        return tolerance_problem(self, f"created of {stated.label}", created, at)

    def with_timestamp(self, headers: SignedHeaders, at: float) -> SignedHeaders:
        """Return signed headers with another timestamp, and the signature as it is."""
        return tuple(
            (name, _with_created(value, int(at)) if name == INPUT_HEADER else value)
            for name, value in headers
        )


def _stated(inputs: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[StatedSignature]:
    for label, (components, parameters) in inputs.items():
        value = values.get(label, (None, {}))[0]
        pairs = components if isinstance(components, list) else []
        named = tuple((n, p) for n, p in pairs if isinstance(n, str))
        yield StatedSignature(label, named, parameters, value if isinstance(value, bytes) else None)


def _with_created(value: str, at: int) -> str:
    parsed = parse_dictionary([value.encode("latin-1", "replace")]) or {}
    return ", ".join(
        write_member(label, components, {**parameters, "created": at})
        for label, (components, parameters) in parsed.items()
    )


SCHEME = HttpMessageScheme()
