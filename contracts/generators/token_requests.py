"""Which credentials a service is asked to issue, and what it must make of each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from contracts.model import credential_kinds
from contracts.model.exchange import Expects
from openapi.contract import Json
from openapi.json_pointer import MISSING

LONG_PAST = "2019-08-24T14:15:22Z"
AT_ONCE = 3
"""So many of each kind are asked for at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A credential to be issued, and what a service must make of it."""

    kind: str
    expects: Expects
    permissions: tuple[str, ...]
    revoked: bool = False
    expires: str | None = None
    given: Mapping[str, Json] = field(default_factory=dict)
    """Pointer -> what else is said there; `MISSING`: nothing, although the example does."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What can be asked for, and where in the request that is said."""

    where: Mapping[str, str]
    """`permissions`, `revoked` or `expires` -> pointer into the body; what is not there cannot."""
    needed: tuple[str, ...]
    """The permissions that the operation asks for."""
    others: tuple[str, ...]
    """Every other one that is known."""
    lasting: bool = True
    """Whether a credential that does not expire may be asked for."""

    @property
    def few(self) -> tuple[str, ...]:
        """Some permissions, and none that is needed."""
        return self.others[:2]

    @property
    def enough(self) -> tuple[str, ...]:
        """Permissions with those that are needed neither first nor last: none may be lost."""
        return (*self.few[:1], *self.needed, *self.few[1:])

    def wanted(self) -> Iterator[Wanted]:
        """Yield each kind of credential that the contract's words allow to be asked for."""
        yield Wanted(credential_kinds.ISSUED_GOOD, "accepted", self.enough)
        for said in self._good_otherwise():
            yield Wanted(credential_kinds.ISSUED_GOOD, "accepted", self.enough, given=said)
        for permissions in (self.few, self.others, ()):
            yield Wanted(credential_kinds.ISSUED_TOO_FEW, "forbidden", permissions)
        for permission in self.needed:
            for alike in _alike(permission):
                yield Wanted(credential_kinds.ISSUED_ALIKE, "forbidden", (alike,))
        if "revoked" in self.where:
            yield Wanted(credential_kinds.ISSUED_REVOKED, "refused", self.enough, revoked=True)
        if "expires" in self.where:
            yield Wanted(credential_kinds.ISSUED_EXPIRED, "refused", self.enough, expires=LONG_PAST)

    def mixed(self) -> Sequence[Wanted]:
        """Return credentials that differ in what they are good for, to be asked for at once."""
        kinds = [
            Wanted(credential_kinds.ISSUED_GOOD, "accepted", self.enough),
            Wanted(credential_kinds.ISSUED_TOO_FEW, "forbidden", self.few),
        ]
        if "revoked" in self.where:
            kinds.append(
                Wanted(credential_kinds.ISSUED_REVOKED, "refused", self.enough, revoked=True)
            )
        return kinds * AT_ONCE

    def _good_otherwise(self) -> Iterator[Mapping[str, Json]]:
        """Yield what else may be said of a credential that is good all the same: by its pointer."""
        soon = datetime.now(UTC).replace(microsecond=120000) + timedelta(hours=12)
        if "expires" in self.where:
            east = soon.astimezone(timezone(timedelta(hours=5, minutes=45)))
            without = (MISSING,) if self.lasting else ()
            for value in (*without, soon.isoformat(), east.isoformat(timespec="seconds")):
                yield {self.where["expires"]: value}
        if "revoked" in self.where:
            yield {self.where["revoked"]: False}


def _alike(permission: str) -> list[str]:
    """Return permissions that only look like `permission`."""
    resource, colon, action = permission.partition(":")
    other = "read" if action == "write" else "write"
    return [
        f"{permission}Extra",
        f"{resource}{colon}{other}",
        f"x{permission}",
        permission.swapcase(),
    ]
