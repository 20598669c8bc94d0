"""Credentials of one operation: the valid ones of each alternative, and the wrong ones. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from contracts.generators.access import api_keys, basic, forms, tokens
from contracts.generators.access.places import accompanied, companions_of, valid_credential
from contracts.model.exchange import Credential
from contracts.model.given_credentials import ANONYMOUS, Access, GivenCredential
from contracts.model.settings import PROFILES, Settings
from openapi.contract import Contract, Operation
from openapi.security import SecurityScheme, security_schemes

_OTHER_SCHEMES = ("wrong scheme", "without a scheme")
"""Kinds that are documented where a key is the whole Authorization header."""


@dataclass(frozen=True)
class OperationCredentials:
    """Credentials of one operation. A session uses the first of `accesses`."""

    contract: Contract
    operation: Operation
    settings: Settings
    accesses: tuple[Access, ...]

    @property
    def access(self) -> Access:
        """Alternative that the session uses."""
        return self.accesses[0] if self.accesses else ANONYMOUS

    @cached_property
    def valid(self) -> Credential:
        """Valid credential of the session."""
        return valid_credential(self.access)

    @property
    def token(self) -> str:
        """Bearer token of the session, or an empty text."""
        bearer = self.access.bearer
        return bearer.value if bearer else ""

    def other_valid(self) -> Iterator[Credential]:
        """Yield the valid credential of each further alternative."""
        for access in self.accesses[1:]:
            yield valid_credential(access, access.label)

    def rejected(self) -> Iterator[Credential]:
        """Yield the plainest credentials that a service must reject with 401."""
        yield from self._wrong(self.access, self._rejected)

    def unusual(self) -> Iterator[Credential]:
        """Yield the other credentials that a service must reject; few in a quick run."""
        yield from self._wrong(self.access, self._unusual)

    def other_rejected(self) -> Iterator[Credential]:
        """Yield the wrong credentials of the further alternatives."""
        known = {one.wire_form for one in chain(self.rejected(), self.unusual())}
        for access in self.accesses[1:]:
            for make in (self._rejected, self._unusual):
                for credential in self._wrong(access, make):
                    if credential.wire_form not in known:
                        yield credential

    def forbidden(self) -> Iterator[Credential]:
        """Yield the credentials that a service must reject with 403."""
        bearer = None if self.operation.allows_anonymous else self.access.bearer
        if bearer is not None:
            for credential in tokens.forbidden_credentials(self.settings):
                yield self._accompanied(self.access, bearer, credential)

    def missing(self) -> Credential | None:
        """Return the absence of every credential; None if the session may send none."""
        if self.operation.allows_anonymous or not self.access.credentials:
            return None
        return Credential("missing", "refused")

    def accompanied(self, credential: Credential) -> Credential:
        """Return a bearer credential together with those that the session sends beside it."""
        access = self.access
        return self._accompanied(access, access.bearer, credential) if access.bearer else credential

    def _wrong(
        self, access: Access, make: Callable[[GivenCredential], Iterator[Credential]]
    ) -> Iterator[Credential]:
        if len(access.credentials) > 1 and make == self._rejected and self.missing():
            yield Credential("missing", "refused")
        for given in access.credentials:
            if self._gives_access(one for one in access.credentials if one is not given):
                continue
            companions = companions_of(access, given)
            has_header = any(one.value is not None for one in companions)
            for credential in make(given):
                if self._is_documented(credential) or (credential.value is not None and has_header):
                    continue
                wrong = self._accompanied(access, given, credential)
                if self.operation.allows_anonymous:
                    if credential.kind == "missing":
                        continue
                    wrong = replace(wrong, expected_outcome="any")
                yield wrong

    def _gives_access(self, credentials: Iterable[GivenCredential]) -> bool:
        """Return whether `credentials` may satisfy an alternative, not the empty one.

        A token may be valid for each scheme that takes a token at the same place.
        """
        carried = {(one.scheme.kind, one.scheme.place) for one in credentials}
        return any(
            all((one.scheme.kind, one.scheme.place) in carried for one in alternative)
            for alternative in self.operation.security
            if alternative
        )

    def _accompanied(
        self, access: Access, given: GivenCredential, credential: Credential
    ) -> Credential:
        several = len(self.accesses) > 1 or len(access.credentials) > 1
        if not several:
            return credential
        companions = companions_of(access, given)
        is_bare = credential.kind == "missing" and not companions
        return accompanied(credential, companions, "" if is_bare else given.scheme.name)

    def _is_documented(self, credential: Credential) -> bool:
        """Return whether a scheme of the contract documents the form of the credential."""
        whole = any(s.kind == "api-key" and s.uses_authorization for s in self._schemes)
        return whole and credential.kind in _OTHER_SCHEMES

    @cached_property
    def _schemes(self) -> tuple[SecurityScheme, ...]:
        return security_schemes(self.contract.document)

    def _rejected(self, given: GivenCredential) -> Iterator[Credential]:
        match given.scheme.kind:
            case "bearer":
                settings = replace(self.settings, token=given.value)
                yield from tokens.rejected_credentials(settings)
            case "basic":
                yield from basic.rejected_pairs(given)
            case "api-key":
                yield from api_keys.rejected_keys(given)

    def _unusual(self, given: GivenCredential) -> Iterator[Credential]:
        if given.scheme.kind == "bearer":
            settings = replace(self.settings, token=given.value)
            yield from forms.unusual_credentials(self.contract, self.operation, settings)
            return
        is_basic = given.scheme.kind == "basic"
        make = basic.unusual_pairs if is_basic else api_keys.unusual_keys
        breadth = PROFILES[self.settings.profile].breadth
        ranked = make(self.operation, self._schemes, given)
        yield from (credential for rank, credential in ranked if rank <= breadth)
