"""Given credentials: which alternative of an operation's security a run can use. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.model.settings import Settings
from openapi.contract import Operation
from openapi.security import (
    RequiredScheme,
    SecurityAlternative,
    SecurityScheme,
    is_supported,
)

_DRY_RUN_VALUES = {"bearer": "", "basic": "user:password", "api-key": "key"}
"""Credentials of a dry run, which sends none, by kind of scheme."""


@dataclass(frozen=True, slots=True)
class GivenCredential:
    """Credential that the settings give for one scheme."""

    required: RequiredScheme
    value: str = field(repr=False)

    @property
    def scheme(self) -> SecurityScheme:
        """Scheme of the credential."""
        return self.required.scheme


@dataclass(frozen=True, slots=True)
class Access:
    """Alternative of an operation's security whose credentials are given; empty: anonymous."""

    credentials: tuple[GivenCredential, ...] = ()
    unsupported: tuple[SecurityScheme, ...] = ()
    """Schemes of the alternative without a credential, because hookproof cannot send one."""

    @property
    def bearer(self) -> GivenCredential | None:
        """First bearer credential."""
        return next((one for one in self.credentials if one.scheme.kind == "bearer"), None)

    @property
    def schemes(self) -> frozenset[str]:
        """Names of the schemes whose credentials requests carry."""
        return frozenset(one.scheme.name for one in self.credentials)

    @property
    def label(self) -> str:
        """Names of the schemes for the description of a case."""
        return " and ".join(one.scheme.name for one in self.credentials) or "no scheme"


ANONYMOUS = Access()


@dataclass(frozen=True, slots=True)
class NotTested:
    """Reason why a run does not test an operation, and the option that changes it."""

    reason: str
    hint: str
    """Empty if no option changes it."""
    lacking: tuple[SecurityScheme, ...] = ()
    """Schemes without a credential."""

    @property
    def sentence(self) -> str:
        """Reason and hint as one sentence."""
        return f"{self.reason}: {self.hint}" if self.hint else self.reason


def find_accesses(operation: Operation, settings: Settings) -> tuple[Access, ...]:
    """Return the alternatives whose credentials are given, in the order of the contract.

    One with a scheme that hookproof does not support counts only if all alternatives have one.
    """
    if not operation.security:
        return (ANONYMOUS,)
    complete = [one for one in operation.security if is_supported(one)]
    found = [_access(one, settings) for one in complete or operation.security]
    return tuple(access for access in found if access is not None)


def _access(alternative: SecurityAlternative, settings: Settings) -> Access | None:
    required = [one for one in alternative if one.scheme.kind != "unsupported"]
    values = [given_value(one.scheme, settings) for one in required]
    by_place: dict[tuple[str, str], GivenCredential] = {}
    for one, value in zip(required, values, strict=True):
        if value is None:
            return None
        given = GivenCredential(one, value)
        first = by_place.setdefault(one.scheme.place, given)
        if (first.scheme.kind, first.value) != (one.scheme.kind, value):
            return None  # A header cannot have both.
    unsupported = tuple(o.scheme for o in alternative if o.scheme.kind == "unsupported")
    return Access(tuple(by_place.values()), unsupported)


def given_value(scheme: SecurityScheme, settings: Settings) -> str | None:
    """Return the credential for `scheme`, or None if the settings have none."""
    named = dict(settings.credentials).get(scheme.name)
    if named is not None:
        return named
    if scheme.kind == "bearer" and settings.token:
        return settings.token
    return _DRY_RUN_VALUES.get(scheme.kind) if settings.dry_run else None


def bearer_tokens(settings: Settings) -> Iterator[str]:
    """Yield the values that may be bearer tokens."""
    yield settings.token
    yield from (value for _, value in settings.credentials)


def reason_not_tested(operation: Operation, settings: Settings) -> NotTested:
    """Return why `find_accesses` has no alternative for an operation, and the option to pass."""
    alternatives = [one for one in operation.security if is_supported(one)]
    named = f"{operation.method} {operation.path} was not tested"
    for alternative in alternatives or operation.security:
        lacking = tuple(
            one.scheme
            for one in alternative
            if one.scheme.kind != "unsupported" and given_value(one.scheme, settings) is None
        )
        if lacking:
            names = " and ".join(scheme.name for scheme in lacking)
            options = " and ".join(map(_option, lacking))
            return NotTested(
                f"{named}: no credential was given for {names}", f"pass {options}", lacking
            )
    return NotTested(f"{named}: its schemes use one header for different values", "")


def _option(scheme: SecurityScheme) -> str:
    if scheme.kind == "bearer":
        return "--token"
    return f"--credential {scheme.name}={'USER:PASSWORD' if scheme.kind == 'basic' else 'KEY'}"
