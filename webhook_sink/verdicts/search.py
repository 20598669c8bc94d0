"""Search through stored deliveries, a bounded number at a time, with a cursor."""

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
    """Which deliveries are looked at."""

    after: int = 0
    before: int | None = None
    newest_first: bool = False

    def remaining_after(self, number: int) -> "IdRange":
        """Return what is left of it behind the delivery `number`."""
        if self.newest_first:
            return IdRange(self.after, number, newest_first=True)
        return IdRange(number, self.before)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some of what was found."""

    ids: tuple[int, ...]
    next: int | None
    """Where to go on; there may be no match there either. None: that was all."""


class DeliverySearch:
    """Pages of what fits a filter. From any thread; raises `StoreError`."""

    def __init__(self, store: Store, verdict_worker: VerdictWorker) -> None:
        """Look through `store` with the verdicts of `judging`."""
        self._store = store
        self._verdict_worker = verdict_worker

    def page(self, delivery_filter: DeliveryFilter, span: IdRange, limit: int) -> SearchPage:
        """Return at most `limit` of what fits, in the order of `span`.

        With the oldest first, everything is judged on the way. With the newest first, what was
        stored before the sink started is found once it has been judged.
        """
        if delivery_filter.text is None:
            return self._candidates(delivery_filter, span, limit)
        page = self._candidates(delivery_filter, span, _SCAN_SIZE)
        fits: list[int] = []
        size = 0
        for number in page.ids:
            delivery = self._store.get(number)
            if delivery is not None and has_text(delivery, delivery_filter.text):
                fits.append(number)
            size += len(delivery.body) if delivery is not None else 0
            if (len(fits) == limit or size > _MAX_SCANNED_BYTES) and number != page.ids[-1]:
                return SearchPage(tuple(fits), number)
        return SearchPage(tuple(fits), page.next)

    def first(self, delivery_filter: DeliveryFilter, after: int) -> tuple[Delivery | None, int]:
        """Return the first that fits behind `after`, and up to which id was looked."""
        span = IdRange(after)
        while True:
            newest = self._store.ids(limit=1, newest_first=True)
            page = self.page(delivery_filter, span, 1)
            match = self._store.get(page.ids[0]) if page.ids else None
            if match is not None:
                return match, match.id
            if page.next is None:
                return None, max(span.after, *newest, 0)
            span = span.remaining_after(page.next)

    def all(self, delivery_filter: DeliveryFilter, span: IdRange) -> Iterator[Delivery]:
        """Yield all that fits, in the order of `span`."""
        while True:
            page = self.page(delivery_filter, span, _PAGE_SIZE)
            for number in page.ids:
                delivery = self._store.get(number)
                if delivery is not None:
                    yield delivery
            if page.next is None:
                return
            span = span.remaining_after(page.next)

    def _candidates(self, delivery_filter: DeliveryFilter, span: IdRange, limit: int) -> SearchPage:
        """Return what fits but for its text."""
        order = span.newest_first
        if not delivery_filter.uses_index:
            return _page(
                self._store.ids(span.after, span.before, limit + 1, newest_first=order), limit
            )
        index, after, before = self._verdict_worker.index, span.after, span.before
        if order:
            self._verdict_worker.ensure_newest_judged()
            return _page(
                index.find(delivery_filter, after, before, limit + 1, newest_first=True), limit
            )
        some = self._store.ids(after, before, _SCAN_SIZE)
        if not some:
            return SearchPage((), None)
        self._verdict_worker.ensure_judged(some)
        page = _page(index.find(delivery_filter, after, some[-1] + 1, limit + 1), limit)
        return page if page.next or len(some) < _SCAN_SIZE else SearchPage(page.ids, some[-1])


def _page(found: tuple[int, ...], limit: int) -> SearchPage:
    return SearchPage(found[:limit], found[limit - 1] if len(found) > limit else None)
