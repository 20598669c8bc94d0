"""Delivery search: pages of deliveries that match a filter, with a cursor."""

from collections.abc import Iterator
from dataclasses import dataclass

from webhook_sink.delivery import Delivery
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.filter import DeliveryFilter, has_text
from webhook_sink.verdicts.worker import VerdictWorker

_SCAN_SIZE = 1000
_MAX_SCANNED_BYTES = 16 * 1024 * 1024
_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class IdRange:
    """Range and order of ids; `after` and `before` are not included."""

    after: int = 0
    before: int | None = None
    newest_first: bool = False

    def remaining_after(self, number: int) -> "IdRange":
        """Return the rest of the range after the delivery `number`."""
        if self.newest_first:
            return IdRange(self.after, number, newest_first=True)
        return IdRange(number, self.before)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Page of matching ids."""

    ids: tuple[int, ...]
    next: int | None
    """Cursor of the next page, which may be empty; None for the last page."""


class DeliverySearch:
    """Search through one store. From any thread; raises `StoreError`."""

    def __init__(self, store: Store, verdict_worker: VerdictWorker) -> None:
        """Search `store` with the verdicts of `verdict_worker`."""
        self._store = store
        self._verdict_worker = verdict_worker

    def page(self, delivery_filter: DeliveryFilter, id_range: IdRange, limit: int) -> SearchPage:
        """Return at most `limit` matches, in the order of `id_range`.

        With the oldest first, deliveries are judged during the search. With the newest first, the
        search finds those stored before the start of the sink only after the worker judged them.
        """
        if delivery_filter.text is None:
            return self._candidates(delivery_filter, id_range, limit)
        page = self._candidates(delivery_filter, id_range, _SCAN_SIZE)
        matches: list[int] = []
        size = 0
        for delivery in self._store.read(page.ids):
            if has_text(delivery, delivery_filter.text):
                matches.append(delivery.id)
            size += len(delivery.body)
            is_full = len(matches) == limit or size > _MAX_SCANNED_BYTES
            if is_full and delivery.id != page.ids[-1]:
                return SearchPage(tuple(matches), delivery.id)
        return SearchPage(tuple(matches), page.next)

    def first(self, delivery_filter: DeliveryFilter, after: int) -> tuple[Delivery | None, int]:
        """Return the first match after the id `after`, and the last id that was searched."""
        id_range = IdRange(after)
        while True:
            newest = self._store.ids(limit=1, newest_first=True)
            page = self.page(delivery_filter, id_range, 1)
            match = self._store.get(page.ids[0]) if page.ids else None
            if match is not None:
                return match, match.id
            if page.next is None:
                return None, max(id_range.after, *newest, 0)
            id_range = id_range.remaining_after(page.next)

    def all(self, delivery_filter: DeliveryFilter, id_range: IdRange) -> Iterator[Delivery]:
        """Yield all matches, in the order of `id_range`."""
        for ids in self.pages(delivery_filter, id_range):
            yield from self._store.read(ids)

    def pages(
        self, delivery_filter: DeliveryFilter, id_range: IdRange
    ) -> Iterator[tuple[int, ...]]:
        """Yield the ids of all matches in pages, in the order of `id_range`."""
        while True:
            page = self.page(delivery_filter, id_range, _PAGE_SIZE)
            yield page.ids
            if page.next is None:
                return
            id_range = id_range.remaining_after(page.next)

    def _candidates(
        self, delivery_filter: DeliveryFilter, id_range: IdRange, limit: int
    ) -> SearchPage:
        """Return a page of matches of all but the text."""
        order = id_range.newest_first
        if not delivery_filter.uses_index:
            return _page(
                self._store.ids(id_range.after, id_range.before, limit + 1, newest_first=order),
                limit,
            )
        index, after, before = self._verdict_worker.index, id_range.after, id_range.before
        if order:
            self._verdict_worker.ensure_newest_judged()
            return _page(
                index.find(delivery_filter, after, before, limit + 1, newest_first=True), limit
            )
        scanned = self._store.ids(after, before, _SCAN_SIZE)
        if not scanned:
            return SearchPage((), None)
        self._verdict_worker.ensure_judged(scanned)
        page = _page(index.find(delivery_filter, after, scanned[-1] + 1, limit + 1), limit)
        return page if page.next or len(scanned) < _SCAN_SIZE else SearchPage(page.ids, scanned[-1])


def _page(found: tuple[int, ...], limit: int) -> SearchPage:
    return SearchPage(found[:limit], found[limit - 1] if len(found) > limit else None)
