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
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SECRET_WORDS = frozenset(
    [
        "secret",
        "password",
        "passphrase",
        "token",
        "apikey",
    ]
)
_GENERATED = ("id", "uuid", "guid", "uid")
_MIN_STEM = 3


def is_secret(name: str) -> bool:
    """Return whether the name says that a service hides the value, or shows stars instead."""
    words = _WORD.findall(name)
    return bool(words) and words[-1].lower() in _SECRET_WORDS


def is_generated(name: str) -> bool:
    """Return whether the name of an identity says that the service makes it, such as `orderId`."""
    return letters(name).endswith(_GENERATED)


def can_be_identity(parameter: str, property_name: str, collection: str) -> bool:
    """Return whether a path parameter can be the property of a resource in `collection`.

    `{order_id}` and `{order}` can be the `id` of one of `/orders`; `{order_slug}` cannot.
    """
    asked, known = letters(parameter), letters(property_name)
    if asked.endswith(known) or asked.endswith(_GENERATED):
        return True
    stem = asked[:-1] if len(asked) > _MIN_STEM else asked
    return stem in letters(collection.rstrip("/").rpartition("/")[2])


def letters(name: str) -> str:
    """Return the letters and digits of a name, so that `pageSize` equals `page_size`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
