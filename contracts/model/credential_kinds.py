"""Kinds of credentials that a run tries: their names in cases, constraints and reports."""

FORGED = (
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
