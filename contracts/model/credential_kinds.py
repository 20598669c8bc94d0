"""Credential kinds: their names in cases, constraints and reports."""

FORGED_KINDS = (
    "wrongly signed",
    "without a signature",
    "signed with an empty key",
    "alg none",
    "another algorithm",
    "header changed",
    "claims changed",
)
"""Every kind of credential that is made from a JWT."""

ISSUED_EXPIRED, ISSUED_REVOKED = "issued, expired", "issued, revoked"
ISSUED_INSUFFICIENT, ISSUED_SIMILAR = "issued, too few permissions", "issued, similar permission"
ISSUED_GOOD = "issued, with the permission"
UNAUTHENTICATED_KINDS = (
    "missing",
    "empty",
    "malformed",
    "wrong scheme",
    "without a scheme",
    *FORGED_KINDS,
    "expired",
    "not yet valid",
    ISSUED_EXPIRED,
    ISSUED_REVOKED,
)
"""Every kind of credential that does not say who calls."""
ISSUED = (ISSUED_EXPIRED, ISSUED_REVOKED, ISSUED_INSUFFICIENT, ISSUED_SIMILAR, ISSUED_GOOD)
"""Every kind of credential that the service itself has issued."""
UNAUTHORIZED_KINDS = ("without the permission", ISSUED_INSUFFICIENT, ISSUED_SIMILAR)
"""Every kind of credential that says who calls, and does not permit it."""
