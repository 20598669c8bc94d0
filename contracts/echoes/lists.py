"""What happened to a list between a request and its webhook."""

from collections.abc import Sequence

from contracts.echoes.text import explain_text
from openapi.schema_validation import abbreviate

_MAX_NAMED_ITEMS = 3
"""How many items are named; the others are counted."""


def explain_items(sent: Sequence[object], came: Sequence[object]) -> str:
    """Say which known mistake makes `came` of `sent`, or nothing."""
    if not came:
        return "all items lost"
    if len(came) < len(sent) and list(came) == list(sent[: len(came)]):
        return f"only the first {len(came)} of {len(sent)} items"
    if len(came) < len(sent) and list(came) == list(sent[-len(came) :]):
        return f"only the last {len(came)} of {len(sent)} items"
    if len(came) == len(sent) and all(isinstance(item, str) for item in (*sent, *came)):
        pairs = zip(map(str, sent), map(str, came), strict=True)
        notes = {explain_text(one, other) for one, other in pairs if one != other}
        if len(notes) == 1 and notes != {""}:
            return f"items {notes.pop()}"
    return ""


def describe_items_difference(sent: Sequence[object], came: Sequence[object]) -> str:
    """Say which items were lost and which were added."""
    before, after = ({abbreviate(item, 10**6): item for item in items} for items in (sent, came))
    lost = [item for key, item in before.items() if key not in after]
    added = [item for key, item in after.items() if key not in before]
    parts = [
        f"{word}: {_name_items(items)}"
        for word, items in (("lost", lost), ("added", added))
        if items
    ]
    return "; ".join(parts) or "in another order, or repeated"


def _name_items(items: Sequence[object]) -> str:
    shown = ", ".join(abbreviate(item) for item in items[:_MAX_NAMED_ITEMS])
    return (
        shown
        if len(items) <= _MAX_NAMED_ITEMS
        else f"{shown} and {len(items) - _MAX_NAMED_ITEMS} more"
    )
