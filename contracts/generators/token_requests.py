"""Credentials to request from the service, each with its expected outcome. Pure."""

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
    """A credential to be issued, and what a service must make of it."""

    kind: str
    expected_outcome: ExpectedOutcome
    permissions: tuple[str, ...]
    revoked: bool = False
    expires: str | None = None
    extra_values: Mapping[str, Json] = field(default_factory=dict)
    """Pointer -> what else is said there; `MISSING`: nothing, although the example does."""


@dataclass(frozen=True, slots=True)
class IssueTerms:
    """What can be asked for, and where in the request that is said."""

    pointers: Mapping[str, str]
    """`permissions`, `revoked` or `expires` -> pointer into the body; what is not there cannot."""
    required_permissions: tuple[str, ...]
    """The permissions that the operation asks for."""
    other_permissions: tuple[str, ...]
    """Every other one that is known."""
    may_omit_expiry: bool = True
    """Whether a credential that does not expire may be asked for."""

    @property
    def insufficient_permissions(self) -> tuple[str, ...]:
        """Some permissions, and none that is needed."""
        return self.other_permissions[:2]

    @property
    def sufficient_permissions(self) -> tuple[str, ...]:
        """Permissions with those that are needed neither first nor last: none may be lost."""
        return (
            *self.insufficient_permissions[:1],
            *self.required_permissions,
            *self.insufficient_permissions[1:],
        )

    def token_requests(self) -> Iterator[TokenRequest]:
        """Yield each kind of credential that the contract's words allow to be asked for."""
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
        if "revoked" in self.pointers:
            yield TokenRequest(
                credential_kinds.ISSUED_REVOKED,
                "refused",
                self.sufficient_permissions,
                revoked=True,
            )
        if "expires" in self.pointers:
            yield TokenRequest(
                credential_kinds.ISSUED_EXPIRED,
                "refused",
                self.sufficient_permissions,
                expires=PAST_EXPIRY,
            )

    def concurrent_requests(self) -> Sequence[TokenRequest]:
        """Return credentials that differ in what they are good for, to be asked for at once."""
        kinds = [
            TokenRequest(credential_kinds.ISSUED_GOOD, "accepted", self.sufficient_permissions),
            TokenRequest(
                credential_kinds.ISSUED_INSUFFICIENT, "forbidden", self.insufficient_permissions
            ),
        ]
        if "revoked" in self.pointers:
            kinds.append(
                TokenRequest(
                    credential_kinds.ISSUED_REVOKED,
                    "refused",
                    self.sufficient_permissions,
                    revoked=True,
                )
            )
        return kinds * COPIES_PER_KIND

    def _valid_variants(self) -> Iterator[Mapping[str, Json]]:
        """Yield what else may be said of a credential that is good all the same: by its pointer."""
        soon = datetime.now(UTC).replace(microsecond=120000) + timedelta(hours=12)
        if "expires" in self.pointers:
            east = soon.astimezone(timezone(timedelta(hours=5, minutes=45)))
            without = (MISSING,) if self.may_omit_expiry else ()
            for value in (*without, soon.isoformat(), east.isoformat(timespec="seconds")):
                yield {self.pointers["expires"]: value}
        if "revoked" in self.pointers:
            yield {self.pointers["revoked"]: False}


def _similar_permissions(permission: str) -> list[str]:
    """Return permissions that only look like `permission`."""
    resource, colon, action = permission.partition(":")
    other = "read" if action == "write" else "write"
    return [
        f"{permission}Extra",
        f"{resource}{colon}{other}",
        f"x{permission}",
        permission.swapcase(),
    ]
