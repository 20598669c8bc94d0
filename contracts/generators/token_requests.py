"""Requests for credentials of the service, each with its expected outcome. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from contracts.model import credential_kinds
from contracts.model.exchange import ExpectedOutcome
from openapi.contract import Json
from openapi.json_pointer import MISSING

PAST_EXPIRY, FAR_EXPIRY = "2019-08-24T14:15:22Z", "2100-01-01T00:00:00Z"
"""An expiry in the past, and one that does not fit into 32 bits."""
LAST_EXPIRY = "9999-12-31T23:59:59Z"
SHORT_LIFETIME_S, SOON_S = 1200.0, 7200.0
"""Lifetimes in seconds: one that a service may reject, and the shortest that it may not."""
_EAST, _WEST = timezone(timedelta(hours=11)), timezone(-timedelta(hours=11))
COPIES_PER_KIND = 3
USE_ORDER = (0, 1, 0)
"""Order in which two credentials are used, after both were issued."""
SIMULTANEOUS_USES = 3


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
    """Whether the request may omit the expiry, or set it far ahead."""
    max_permissions: int = 9
    """Number of permissions in a long list that no service rejects."""
    breadth: int = 1
    """Breadth of the profile."""

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
        for permissions in self._long_lists():
            yield TokenRequest(credential_kinds.ISSUED_GOOD, "accepted", permissions)
        for permissions in (self.insufficient_permissions, self.other_permissions, ()):
            yield TokenRequest(credential_kinds.ISSUED_INSUFFICIENT, "forbidden", permissions)
        for permission in self.required_permissions:
            for alike in (*_similar_permissions(permission), *self._joined(permission)):
                yield TokenRequest(credential_kinds.ISSUED_SIMILAR, "forbidden", (alike,))
        yield from self._revoked_requests()
        if "expires" in self.pointers:
            yield TokenRequest(
                credential_kinds.ISSUED_EXPIRED,
                "refused",
                self.sufficient_permissions,
                expires=PAST_EXPIRY,
            )
            if self.breadth:
                # Without its offset this time would be in the future.
                ended = datetime.now(_EAST) - timedelta(seconds=SOON_S)
                yield TokenRequest(
                    credential_kinds.ISSUED_EXPIRED,
                    "refused",
                    self.sufficient_permissions,
                    expires=ended.isoformat(timespec="seconds"),
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
            without: tuple[Json, ...] = (MISSING, None) if self.may_omit_expiry else ()
            for value in (
                *without,
                soon.isoformat(),
                east.isoformat(timespec="seconds"),
                *self._unusual_expiries(),
            ):
                yield {self.pointers["expires"]: value}
        if "revoked" in self.pointers:
            yield {self.pointers["revoked"]: False}

    def _unusual_expiries(self) -> Iterator[str]:
        """Yield valid expiries: soon, and far ahead."""
        if not self.breadth:
            return
        now = datetime.now(UTC)
        short, soon = (now + timedelta(seconds=s) for s in (SHORT_LIFETIME_S, SOON_S))
        yield short.strftime("%Y-%m-%dT%H:%M:%SZ")
        # Without its offset this time would be in the past.
        yield soon.astimezone(_WEST).isoformat(timespec="seconds")
        if self.breadth > 1:
            yield soon.strftime("%Y-%m-%dT%H:%M:%SZ")
            yield soon.astimezone(_EAST).isoformat(timespec="seconds")
        if self.may_omit_expiry:
            yield FAR_EXPIRY
            if self.breadth > 1:
                yield LAST_EXPIRY

    def _long_lists(self) -> Iterator[tuple[str, ...]]:
        """Yield long lists with the required permissions at each position, or at some."""
        room = max(self.max_permissions - len(self.required_permissions), 0)
        others = self.other_permissions[:room]
        places = {0: [len(others)], 1: [len(others), 0, len(others) // 2]}.get(
            self.breadth, range(len(others) + 1)
        )
        for at in dict.fromkeys(places):
            yield (*others[:at], *self.required_permissions, *others[at:])
        if self.breadth:
            yield (*self.other_permissions, *self.required_permissions)

    def _joined(self, permission: str) -> Iterator[str]:
        """Yield names that contain `permission` as a word: a service may join and split lists."""
        for separator in {0: "", 1: " ,"}.get(self.breadth, " ,;|\n"):
            for other in self.other_permissions[:1]:
                yield f"{other}{separator}{permission}"


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
