"""Sample of a long table of faults or variants; the tox environment `deviations` tries all."""

import os
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")
ALL = bool(os.environ.get("ALL_DEVIATIONS"))
"""Whether each item gets a test."""


def some(items: Iterable[Item], distance: int) -> list[Item]:
    """Return each item whose place is a multiple of `distance`, or all items."""
    return list(items) if ALL else list(items)[::distance]
