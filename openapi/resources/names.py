"""Usual names of parameters and properties of lists, and of idempotency keys."""

import re

LIMITS = frozenset(
    [
        "limit",
        "pagesize",
        "perpage",
        "size",
        "count",
        "maxresults",
        "maxitems",
        "take",
        "top",
        "first",
        "max",
        "pagelimit",
    ]
)
OFFSETS = frozenset(
    [
        "offset",
        "skip",
        "start",
        "startindex",
        "from",
    ]
)
PAGES = frozenset(
    [
        "page",
        "pagenumber",
        "pageno",
        "pageindex",
    ]
)
CURSORS = frozenset(
    [
        "cursor",
        "after",
        "startingafter",
        "pagetoken",
        "nexttoken",
        "continuationtoken",
        "continuation",
        "marker",
        "nextcursor",
        "aftercursor",
        "startafter",
        "afterid",
    ]
)
IDENTITY_CURSORS = frozenset(
    [
        "startingafter",
        "afterid",
        "after",
        "startafter",
    ]
)
"""Cursors that can be the identity of the last item."""
NEXT_CURSORS = frozenset(
    [
        "nextcursor",
        "next",
        "cursor",
        "nextpagetoken",
        "pagetoken",
        "nexttoken",
        "continuationtoken",
        "continuation",
        "nextpage",
        "nextmarker",
        "marker",
        "endcursor",
        "aftercursor",
        "after",
        "nextlink",
    ]
)
"""Properties of a response with the cursor of the next page."""
IDENTITIES = ("id", "uuid", "guid", "key")
"""Names of the identity if no property is named like the path parameter, the usual one first."""
IDEMPOTENCY_KEYS = frozenset(
    [
        "idempotencykey",
        "xidempotencykey",
    ]
)


def letters(name: str) -> str:
    """Return the letters and digits of a name, so that `pageSize` equals `page_size`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
