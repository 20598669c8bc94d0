"""Explanation of how a list changed between a request and its webhook."""

from collections.abc import Sequence

from contracts.echoes.text import explain_text
from openapi.schemas.validation import abbreviate

_MAX_NAMED_ITEMS = 3
"""Number of items that are named; the rest is counted."""


def explain_items(sent: Sequence[object], received: Sequence[object]) -> str:
    """Return the known mistake that turns `sent` into `received`, or an empty text."""
    if not received:
        return "all items lost"
    if len(received) < len(sent) and list(received) == list(sent[: len(received)]):
        return f"only the first {len(received)} of {len(sent)} items"
    if len(received) < len(sent) and list(received) == list(sent[-len(received) :]):
        return f"only the last {len(received)} of {len(sent)} items"
    if len(received) == len(sent) and all(isinstance(item, str) for item in (*sent, *received)):
        pairs = zip(map(str, sent), map(str, received), strict=True)
        notes = {explain_text(one, other) for one, other in pairs if one != other}
        if len(notes) == 1 and notes != {""}:
            return f"items {notes.pop()}"
    return ""


def describe_items_difference(sent: Sequence[object], received: Sequence[object]) -> str:
    """Return the lost and the added items in words."""
    before, after = (
        {abbreviate(item, 10**6): item for item in items} for items in (sent, received)
    )
    lost = [item for key, item in before.items() if key not in after]
    added = [item for key, item in after.items() if key not in before]
    parts = [
        f"{word}: {_name_items(items)}"
        for word, items in (("lost", lost), ("added", added))
        if items
    ]
    return "; ".join(parts) or "reordered or repeated"


def _name_items(items: Sequence[object]) -> str:
    shown = ", ".join(abbreviate(item) for item in items[:_MAX_NAMED_ITEMS])
    return (
        shown
        if len(items) <= _MAX_NAMED_ITEMS
        else f"{shown} and {len(items) - _MAX_NAMED_ITEMS} more"
    )
