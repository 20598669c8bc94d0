"""Order of lists, and pages by cursor, by offset and by number."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from workshop_service.rules import Invalid
from workshop_service.store import Record, Value

Has = Callable[[str], bool]
Row = tuple[Record, Value]
"""Record and the version of it that a list shows."""


def ordered(rows: Sequence[Row], has: Has) -> list[Row]:
    """Return the rows in the order of the service."""
    return sorted(rows, key=lambda row: _place(row, has))


def _place(row: Row, has: Has) -> Any:
    record = row[0]
    if has("order-by-hash"):
        return hashlib.sha256(str(record.id).encode()).hexdigest()
    return record.number if has("oldest-first") or has("strangers-first") else -record.number


def page_size(asked: int, has: Has) -> int:
    """Return the number of items on a page."""
    return min(asked, 3) if has("small-pages") else asked


def by_cursor(
    rows: Sequence[Row], cursor: Any, limit: int, has: Has
) -> tuple[Sequence[Row], str | None]:
    """Return the rows after `cursor`, at most `limit`, and the cursor of the next page."""
    limit = len(rows) if has("limit-ignored") else page_size(limit, has)
    begin = 0
    if cursor is not None and not has("cursor-ignored"):
        begin = _first_after(rows, cursor, has)
        if has("page-repeats-last"):
            begin = max(begin - 1, 0)
        if has("page-loses-one"):
            begin += 1
    shown = rows[begin : begin + limit]
    is_last = begin + limit >= len(rows) if not has("empty-last-page") else len(shown) < limit
    if not shown or is_last:
        return shown, None
    return shown, _encoded(_place(shown[-1], has), has)


def _first_after(rows: Sequence[Row], cursor: Any, has: Has) -> int:
    for index, row in enumerate(rows):
        if _place(row, has) > cursor:
            return index
    return len(rows)


def _encoded(place: Any, has: Has) -> str:
    parts = [place, secrets.token_hex(6)] if has("changing-cursors") else [place]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_cursor(text: str, has: Has) -> Any:
    """Return the place that a cursor names; raise `Invalid` if the service wrote no such cursor."""
    try:
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))[0]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Invalid("the cursor is unknown") from None
    if type(place) is not (str if has("order-by-hash") else int):
        raise Invalid("the cursor is unknown")
    return place


def by_offset(rows: Sequence[Row], offset: int, limit: int, has: Has) -> Sequence[Row]:
    """Return at most `limit` rows after the first `offset` ones."""
    if has("list-first-three"):
        rows = rows[:3]
    limit = page_size(limit, has) + has("limit-off-by-one")
    if has("offset-of-pages"):
        offset *= limit
    begin = 0 if has("offset-ignored") else offset
    return rows[begin : begin + limit]


def by_number(rows: Sequence[Row], page: int, size: int, has: Has) -> Sequence[Row]:
    """Return the rows of a page; the first one has number 1."""
    if has("per-page-ignored"):
        size = 20
    size = page_size(size, has)
    if has("page-ignored"):
        page = 1
    begin = size * (page if has("page-from-zero") else page - 1)
    return rows[begin : begin + size]
