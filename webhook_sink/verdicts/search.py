"""Looking through what is stored: a bounded number of deliveries at a time, and where to go on."""

from collections.abc import Iterator
from dataclasses import dataclass

from webhook_sink.delivery import Delivery
from webhook_sink.storage.store import Store
from webhook_sink.verdicts.filter import Filter, has_text
from webhook_sink.verdicts.worker import Judging

_AT_ONCE = 1000
"""How many deliveries one page looks at for a text."""
_BYTES = 16 * 1024 * 1024
"""How many bytes of bodies it looks at, if that is less."""
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Span:
    """Which deliveries are looked at."""

    after: int = 0
    before: int | None = None
    newest_first: bool = False

    def beyond(self, number: int) -> "Span":
        """Return what is left of it behind the delivery `number`."""
        if self.newest_first:
            return Span(self.after, number, newest_first=True)
        return Span(number, self.before)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what was found."""

    ids: tuple[int, ...]
    next: int | None
    """Where to go on; there may be no match there either. None: that was all."""


class Search:
    """Pages of what fits a filter. From any thread; raises `StoreError`."""

    def __init__(self, store: Store, judging: Judging) -> None:
        """Look through `store` with the verdicts of `judging`."""
        self._store = store
        self._judging = judging

    def page(self, wanted: Filter, span: Span, limit: int) -> Page:
        """Return at most `limit` of what fits, in the order of `span`.

        With the oldest first, everything is judged on the way. With the newest first, what was
        stored before the sink started is found once it has been judged.
        """
        if wanted.text is None:
            return self._candidates(wanted, span, limit)
        page = self._candidates(wanted, span, _AT_ONCE)
        fits: list[int] = []
        size = 0
        for number in page.ids:
            delivery = self._store.get(number)
            if delivery is not None and has_text(delivery, wanted.text):
                fits.append(number)
            size += len(delivery.body) if delivery is not None else 0
            if (len(fits) == limit or size > _BYTES) and number != page.ids[-1]:
                return Page(tuple(fits), number)
        return Page(tuple(fits), page.next)

    def first(self, wanted: Filter, after: int) -> tuple[Delivery | None, int]:
        """Return the first that fits behind `after`, and up to which id was looked."""
        span = Span(after)
        while True:
            newest = self._store.ids(limit=1, newest_first=True)
            page = self.page(wanted, span, 1)
            match = self._store.get(page.ids[0]) if page.ids else None
            if match is not None:
                return match, match.id
            if page.next is None:
                return None, max(span.after, *newest, 0)
            span = span.beyond(page.next)

    def all(self, wanted: Filter, span: Span) -> Iterator[Delivery]:
        """Yield all that fits, in the order of `span`."""
        while True:
            page = self.page(wanted, span, _PAGE)
            for number in page.ids:
                delivery = self._store.get(number)
                if delivery is not None:
                    yield delivery
            if page.next is None:
                return
            span = span.beyond(page.next)

    def _candidates(self, wanted: Filter, span: Span, limit: int) -> Page:
        """Return what fits but for its text."""
        order = span.newest_first
        if not wanted.indexed:
            return _page(
                self._store.ids(span.after, span.before, limit + 1, newest_first=order), limit
            )
        index, after, before = self._judging.index, span.after, span.before
        if order:
            self._judging.ensure_newest()
            return _page(index.find(wanted, after, before, limit + 1, newest_first=True), limit)
        some = self._store.ids(after, before, _AT_ONCE)
        if not some:
            return Page((), None)
        self._judging.ensure(some)
        page = _page(index.find(wanted, after, some[-1] + 1, limit + 1), limit)
        return page if page.next or len(some) < _AT_ONCE else Page(page.ids, some[-1])


def _page(found: tuple[int, ...], limit: int) -> Page:
    return Page(found[:limit], found[limit - 1] if len(found) > limit else None)
