"""Requests for credentials of the service, each with its expected outcome. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from contracts.model import credential_kinds
from contracts.model.exchange import ExpectedOutcome
from openapi.contract import Json
from openapi.json_pointer import MISSING

PAST_EXPIRY = "2019-08-24T14:15:22Z"
COPIES_PER_KIND = 3


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Request for a credential, and the outcome that the credential must have."""

    kind: str
    expected_outcome: ExpectedOutcome
    permissions: tuple[str, ...]
    expires: str | None = None
    extra_values: Mapping[str, Json] = field(default_factory=dict)
    """Pointer -> value to set there; `MISSING` removes the value of the example."""


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """Properties of a credential that a request can choose, with their places in the body."""

    pointers: Mapping[str, str]
    """`permissions`, `revoked` or `expires` -> pointer into the body, for those that exist."""
    required_permissions: tuple[str, ...]
    """Permissions that the operation requires."""
    other_permissions: tuple[str, ...]
    """All other known permissions."""
    may_omit_expiry: bool = True
    """Whether the request may omit the expiry."""

    @property
    def insufficient_permissions(self) -> tuple[str, ...]:
        """Some permissions, without the required ones."""
        return self.other_permissions[:2]

    @property
    def sufficient_permissions(self) -> tuple[str, ...]:
        """Permissions with the required ones in the middle, so that a truncated list fails."""
        return (
            *self.insufficient_permissions[:1],
            *self.required_permissions,
            *self.insufficient_permissions[1:],
        )

    def token_requests(self) -> Iterator[TokenRequest]:
        """Yield a request for each credential kind that the contract supports."""
        yield TokenRequest(credential_kinds.ISSUED_GOOD, "accepted", self.sufficient_permissions)
        for extra in self._valid_variants():
            yield TokenRequest(
                credential_kinds.ISSUED_GOOD,
                "accepted",
                self.sufficient_permissions,
                extra_values=extra,
            )
        for permissions in (self.insufficient_permissions, self.other_permissions, ()):
            yield TokenRequest(credential_kinds.ISSUED_INSUFFICIENT, "forbidden", permissions)
        for permission in self.required_permissions:
            for alike in _similar_permissions(permission):
                yield TokenRequest(credential_kinds.ISSUED_SIMILAR, "forbidden", (alike,))
        yield from self._revoked_requests()
        if "expires" in self.pointers:
            yield TokenRequest(
                credential_kinds.ISSUED_EXPIRED,
                "refused",
                self.sufficient_permissions,
                expires=PAST_EXPIRY,
            )

    def concurrent_requests(self) -> Sequence[TokenRequest]:
        """Return requests for credentials with different outcomes, to be sent concurrently."""
        kinds = [
            TokenRequest(credential_kinds.ISSUED_GOOD, "accepted", self.sufficient_permissions),
            TokenRequest(
                credential_kinds.ISSUED_INSUFFICIENT, "forbidden", self.insufficient_permissions
            ),
        ]
        return [*kinds, *self._revoked_requests()] * COPIES_PER_KIND

    def _revoked_requests(self) -> Iterator[TokenRequest]:
        if "revoked" in self.pointers:
            extra = {self.pointers["revoked"]: True}
            kind, permissions = credential_kinds.ISSUED_REVOKED, self.sufficient_permissions
            yield TokenRequest(kind, "refused", permissions, extra_values=extra)

    def _valid_variants(self) -> Iterator[Mapping[str, Json]]:
        """Yield extra values, by pointer, that leave the credential valid."""
        soon = datetime.now(UTC).replace(microsecond=120000) + timedelta(hours=12)
        if "expires" in self.pointers:
            east = soon.astimezone(timezone(timedelta(hours=5, minutes=45)))
            without = (MISSING,) if self.may_omit_expiry else ()
            for value in (*without, soon.isoformat(), east.isoformat(timespec="seconds")):
                yield {self.pointers["expires"]: value}
        if "revoked" in self.pointers:
            yield {self.pointers["revoked"]: False}


def _similar_permissions(permission: str) -> list[str]:
    """Return permissions with a similar name that do not grant `permission`."""
    resource, colon, action = permission.partition(":")
    other = "read" if action == "write" else "write"
    return [
        f"{permission}Extra",
        f"{resource}{colon}{other}",
        f"x{permission}",
        permission.swapcase(),
    ]
