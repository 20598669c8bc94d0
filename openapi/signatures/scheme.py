"""Signature scheme: how the sender of a webhook signs, and how the receiver verifies. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openapi.signatures.message import Message
from openapi.signatures.missing_extra import MissingExtra

Secrets = str | Sequence[str] | None
"""One secret, several secrets, or None."""
SignedHeaders = tuple[tuple[str, str], ...]
"""Names and values of the headers that a signature adds to a message."""


def secrets_as_tuple(secrets: Secrets) -> tuple[str, ...]:
    """Return the secrets as a tuple, empty without any."""
    if secrets is None:
        return ()
    return (secrets,) if isinstance(secrets, str) else tuple(secrets)


@dataclass(frozen=True, slots=True)
class SignatureScheme(ABC):
    """Signature scheme of a webhook. No input makes `verify` raise."""

    name: str
    """Name of the scheme in a contract, and on the command line."""
    header: str
    """Header with the signature."""
    pointer: str
    """Pointer of the scheme in the contract; empty without one."""
    id_header: str | None = None
    """Header with the id of the event; None: the scheme has no id."""
    timestamp_header: str | None = None
    """Header with Unix seconds alone; None: there is none, or it is a part of another header."""
    tolerance: float | None = None
    """Maximum seconds between timestamp and arrival; None: any."""
    public_url: str = ""
    """Scheme, host, port and path prefix by which senders reach the receiver, for signatures that
    cover the URL; empty: those of the message."""

    @property
    @abstractmethod
    def algorithm(self) -> str:
        """Name of the algorithm, for messages."""

    @property
    @abstractmethod
    def signed_part(self) -> str:
        """Signed content, for messages."""

    @property
    @abstractmethod
    def signed_parts(self) -> tuple[str, ...]:
        """Names of what the signature covers, for messages."""

    @property
    def signs_url(self) -> bool:
        """Whether the signature covers the URL."""
        return False

    @property
    @abstractmethod
    def has_timestamp(self) -> bool:
        """Whether the signature covers the time of sending."""

    @property
    @abstractmethod
    def has_several_signatures(self) -> bool:
        """Whether one delivery may have several signatures, so that a secret can be replaced."""

    @property
    def has_id(self) -> bool:
        """Whether the signature covers an id of the event."""
        return self.id_header is not None

    def header_names(self) -> tuple[str, ...]:
        """Return the headers of a signed delivery, the signature first."""
        named = (self.header, self.id_header, self.timestamp_header)
        return tuple(name for name in named if name is not None)

    def delivery_url(self, message: Message) -> str:
        """Return the URL to which `message` must be sent; a scheme may add to its own URL."""
        return message.url

    @abstractmethod
    def signed_headers(
        self, message: Message, secrets: Secrets, identity: str, at: float
    ) -> SignedHeaders:
        """Return the headers that sign `message`: id, timestamp and signature as the scheme has.

        `identity` names the event, `at` is the time of sending in Unix seconds. Several secrets
        give several signatures; raise `ValueError` if the scheme has only one. A secret that the
        scheme cannot use counts as text: see `secret_problem`.
        """

    @abstractmethod
    def verify(self, message: Message, secret: str, at: float | None = None) -> str | None:
        """Return why the signature of `message` is not valid, or None if it is.

        `at` is the arrival in Unix seconds for the tolerance of the timestamp; None skips that
        check. Signatures are compared in constant time.
        """

    @abstractmethod
    def with_timestamp(self, headers: SignedHeaders, at: float) -> SignedHeaders:
        """Return signed headers with another timestamp, and the signature as it is."""

    def algorithm_of(self, secret: str) -> str:  # noqa: ARG002
        """Return the name of the algorithm for `secret`, which may select it."""
        return self.algorithm

    @abstractmethod
    def secret_problem(self, secret: str, *, signs: bool = False) -> str | None:
        """Return what the scheme needs in place of `secret`, without repeating it, or None.

        `signs`: the secret must sign too, which a public key cannot. Raise `MissingExtra` if the
        scheme needs a package for this secret that is not installed.
        """

    @abstractmethod
    def make_secret(self, text: str) -> str:
        """Return a secret that the scheme can use, made from hexadecimal `text`."""

    @abstractmethod
    def other_secret(self, secret: str) -> str:
        """Return another secret of the same form."""


def secret_problem(
    schemes: Iterable[SignatureScheme | None], secret: str, *, signs: bool = False
) -> str | None:
    """Return why a scheme cannot use `secret`, without repeating it; None if all can."""
    for scheme in schemes:
        try:
            needed = scheme.secret_problem(secret, signs=signs) if scheme else None
        except MissingExtra as missing:
            return str(missing)
        if needed is not None:
            return f"the webhook secret does not fit this contract: it needs {needed}"
    return None


def header_count_problem(message: Message, names: Iterable[str]) -> str | None:
    """Return why a message does not have each of the headers once, or None if it has."""
    for name in names:
        count = len(message.header_values(name))
        if count != 1:
            return f"there are {count} {name} headers" if count else f"there is no {name} header"
    return None


def tolerance_problem(
    scheme: SignatureScheme, what: str, timestamp: float, at: float | None
) -> str | None:
    """Return that `timestamp` is too far from the arrival, or None; `what` is its place."""
    if at is None or scheme.tolerance is None or abs(at - timestamp) <= scheme.tolerance:
        return None
    return (
        f"{what} differs from the arrival by {abs(at - timestamp):.0f} s; "
        f"the tolerance is {scheme.tolerance:g} s"
    )
