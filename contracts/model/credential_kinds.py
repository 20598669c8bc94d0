"""Credential kinds: their names in cases, constraints and reports."""

from collections.abc import Mapping
from types import MappingProxyType

FORGED_KINDS = (
    "wrongly signed",
    "without a signature",
    "signed with an empty key",
    "alg none",
    "another algorithm",
    "header changed",
    "claims changed",
)
"""Kinds of credentials that are forged from a JWT."""

IN_QUERY, IN_COOKIE, IN_HEADER = "in the query", "in a cookie", "in another header"
ALTERED, ISSUED_ALTERED = "altered", "issued, altered"
ISSUED_EXPIRED, ISSUED_REVOKED = "issued, expired", "issued, revoked"
ISSUED_INSUFFICIENT, ISSUED_SIMILAR = "issued, too few permissions", "issued, similar permission"
ISSUED_GOOD = "issued, with the permission"
UNAUTHENTICATED_KINDS = (
    "missing",
    "empty",
    "malformed",
    "wrong scheme",
    "without a scheme",
    IN_QUERY,
    IN_COOKIE,
    IN_HEADER,
    ALTERED,
    *FORGED_KINDS,
    "expired",
    "not yet valid",
    ISSUED_EXPIRED,
    ISSUED_REVOKED,
    ISSUED_ALTERED,
)
"""Kinds of credentials that fail authentication (401)."""
WRONG_VALUE, WRONG_USER = "wrong value", "wrong user"
WRONG_PASSWORD, WITHOUT_PASSWORD = "wrong password", "without a password"
MISPLACED = (IN_QUERY, IN_COOKIE, IN_HEADER)
"""Kinds of credentials in a place that the contract does not document."""
UNAUTHENTICATED_KINDS_BY_SCHEME: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bearer": UNAUTHENTICATED_KINDS,
        "api-key": ("missing", "empty", WRONG_VALUE, "malformed", *MISPLACED, ALTERED),
        "basic": (
            "missing",
            "empty",
            WRONG_VALUE,
            WRONG_PASSWORD,
            WRONG_USER,
            WITHOUT_PASSWORD,
            "malformed",
            "wrong scheme",
            "without a scheme",
            IN_QUERY,
            IN_HEADER,
            ALTERED,
        ),
    }
)
"""Kinds of credentials that fail authentication, by kind of scheme."""
ISSUED = (
    ISSUED_EXPIRED,
    ISSUED_REVOKED,
    ISSUED_ALTERED,
    ISSUED_INSUFFICIENT,
    ISSUED_SIMILAR,
    ISSUED_GOOD,
)
"""Kinds of credentials that the service issued during the run."""
UNAUTHORIZED_KINDS = ("without the permission", ISSUED_INSUFFICIENT, ISSUED_SIMILAR)
"""Kinds of credentials that authenticate but lack the permission (403)."""
