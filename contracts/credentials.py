"""The credentials that a service must refuse, made from the one that it must accept."""

from collections.abc import Iterator

from contracts.exchange import Credential
from contracts.forged import FORGED, bearer, decoded, encoded, forged, is_jwt
from contracts.settings import Settings

ISSUED_EXPIRED, ISSUED_REVOKED = "issued, expired", "issued, revoked"
ISSUED_TOO_FEW, ISSUED_ALIKE = "issued, too few permissions", "issued, a permission alike"
ISSUED_GOOD = "issued, with the permission"
DOUBTFUL = (
    "absent",
    "empty",
    "malformed",
    "another scheme",
    "without a scheme",
    *FORGED,
    "expired",
    "not yet valid",
    ISSUED_EXPIRED,
    ISSUED_REVOKED,
)
"""Every kind of credential that does not say who calls."""
ISSUED = (ISSUED_EXPIRED, ISSUED_REVOKED, ISSUED_TOO_FEW, ISSUED_ALIKE, ISSUED_GOOD)
"""Every kind of credential that the service itself has issued."""
LACKING = ("without the permission", ISSUED_TOO_FEW, ISSUED_ALIKE)
"""Every kind of credential that says who calls, and does not permit it."""

_WANTED = {
    "expired": ("no expired token was given", "pass --token-expired"),
    "not yet valid": ("no token that is not yet valid was given", "pass --token-not-yet-valid"),
    "without the permission": (
        "no token without the permission was given",
        "pass --token-without-permission",
    ),
}


def valid(settings: Settings) -> Credential:
    """Return the credential that the run was given."""
    return Credential("valid", "accepted", bearer(settings.token))


def refused(settings: Settings) -> Iterator[Credential]:
    """Yield the credentials that a service must answer 401."""
    token = settings.token
    yield Credential("absent", "refused", None)
    yield Credential("empty", "refused", "Bearer")
    yield Credential("malformed", "refused", bearer("not-a-token"))
    yield Credential("malformed", "refused", bearer("e30.e30.e30"))
    yield Credential("malformed", "refused", bearer("null"))
    yield Credential("another scheme", "refused", f"Basic {encoded(token.encode()).rstrip('=')}")
    yield Credential("another scheme", "refused", f"Digest {token}")
    yield Credential("another scheme", "refused", f"Token {token}")
    yield Credential("without a scheme", "refused", token)
    yield from forged(token)
    if settings.token_expired:
        yield Credential("expired", "refused", bearer(settings.token_expired))
    if settings.token_not_yet_valid:
        yield Credential("not yet valid", "refused", bearer(settings.token_not_yet_valid))


def forbidden(settings: Settings) -> Iterator[Credential]:
    """Yield the credentials that a service must answer 403."""
    if settings.token_without_permission:
        token = settings.token_without_permission
        yield Credential("without the permission", "forbidden", bearer(token))


def why_not(settings: Settings, kind: str) -> tuple[str, str | None]:
    """Return why no credential of `kind` was tried, and what to do so that one is."""
    if kind in FORGED and not is_jwt(settings.token):
        return "the token is no JWT, and such a credential is made of one", "pass a token that is"
    if kind in _WANTED:
        return _WANTED[kind]
    return "the service issued no credential that could be used so", None


def undecided(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each kind of credential that the run was not given the means to try."""
    given = {
        "expired": settings.token_expired,
        "not yet valid": settings.token_not_yet_valid,
        "without the permission": settings.token_without_permission,
    }
    if not is_jwt(settings.token):
        yield "the token is no JWT: wrongly signed and alg none ones cannot be made of it"
    for kind, (reason, cure) in _WANTED.items():
        if not given[kind]:
            yield f"{reason}: {cure}"


def expiry(token: str) -> float | None:
    """Return the Unix seconds at which a JWT says that it expires; None if it says nothing."""
    claims = decoded(token.split(".")[1]) if is_jwt(token) else None
    stated = claims.get("exp") if isinstance(claims, dict) else None
    return float(stated) if isinstance(stated, int | float) else None
