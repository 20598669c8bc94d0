"""Walks through the pages of a list, and the run's own items in them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contracts.ledger.resource_history import (
    ResourceHistory,
    final_exchanges,
    is_sent_again,
    sequences,
)
from contracts.model.case import OTHER_TENANT_PHASE
from contracts.model.exchange import Exchange
from openapi.json_pointer import MISSING, get_at
from openapi.parameters import Parameter
from openapi.resources.model import Filter, Listing, Resource, identity_text

USUAL_CAPS = frozenset([10, 20, 25, 30, 50, 100, 200, 250, 500, 1000])
"""Numbers of items at which services end a list that has no pages."""


def following_page(  # noqa: PLR0911 - one answer for each kind of paging
    listing: Listing, page: Exchange, first_page: int = 1
) -> Mapping[str, object] | None:
    """Return the parameters of the page after `page`, by key; None if it was the last one.

    `first_page` is the number of the first page, where pages are numbered.
    """
    body = page.response.json.value if page.response and page.response.body else MISSING
    items, paging, asked = listing.items_of(body), listing.paging, page.request.parameters
    if items is None or not page.has_status_of("valid-request"):
        return None
    if paging.cursor is not None and paging.next_cursor is not None:
        text = identity_text(page.find(paging.next_cursor))
        return {paging.cursor.key: text} if text else None
    if not items:
        return None  # a service may send smaller pages than asked for, so only this one is the last
    if paging.cursor is not None:
        last = listing.identity_of(items[-1])
        return {paging.cursor.key: last} if last else None
    if paging.offset is not None:
        return {paging.offset.key: number_in(asked, paging.offset) + len(items)}
    if paging.page is not None:
        return {paging.page.key: number_in(asked, paging.page, first_page) + 1}
    return None


def number_in(asked: Mapping[str, object], parameter: Parameter, default: int = 0) -> int:
    """Return the number that a request has for `parameter`, or `default`."""
    value = asked.get(parameter.key)
    return value if isinstance(value, int) else default


@dataclass(frozen=True, eq=False)
class ListWalk:
    """Pages of one list, with the same filters, in the order in which they were asked for."""

    resource: Resource
    listing: Listing
    pages: tuple[Exchange, ...]
    live: frozenset[str]
    """Identities of the run's own resources that the list must have, without filters."""
    deleted: frozenset[str]
    others: frozenset[str]
    """Identities of the run's resources below another parent."""
    history: ResourceHistory
    """History up to the end of the sequence."""

    @cached_property
    def items(self) -> tuple[tuple[object, ...], ...]:
        """Items of each page."""
        return tuple(tuple(self._items_of(page) or ()) for page in self.pages)

    def _items_of(self, page: Exchange) -> list[object] | None:
        body = page.response.json.value if page.response and page.response.body else MISSING
        return self.listing.items_of(body)

    @cached_property
    def identities(self) -> tuple[tuple[str, ...], ...]:
        """Identities of the items of each page."""
        return tuple(tuple(map(self.identity_of, page)) for page in self.items)

    def identity_of(self, item: object) -> str:
        """Return the identity of an item, or an empty text."""
        return self.listing.identity_of(item)

    @property
    def is_readable(self) -> bool:
        """Whether each page is a success with an array of items."""
        return all(
            page.has_status_of("valid-request") and self._items_of(page) is not None
            for page in self.pages
        )

    @property
    def is_whole(self) -> bool:
        """Whether the walk reached the end of the list."""
        if following_page(self.listing, self.pages[-1]) is not None:
            return False
        count = len(self.identities[-1])
        if self.listing.paging.has_pages:
            return True
        return count not in USUAL_CAPS if self.limit is None else count < self.limit

    @cached_property
    def filters(self) -> tuple[tuple[Filter, object], ...]:
        """Filters of the requests, with their values."""
        asked = self.pages[0].request.parameters
        return tuple(
            (one, asked[one.parameter.key])
            for one in self.listing.filters
            if one.parameter.key in asked
        )

    @property
    def limit(self) -> int | None:
        """Maximum number of items of a page that the requests ask for, or None."""
        parameter = self.listing.paging.limit
        value = None if parameter is None else self.pages[0].request.parameters.get(parameter.key)
        return value if isinstance(value, int) else None

    @property
    def own(self) -> tuple[str, ...]:
        """Identities of the run's own live items, in the order of the walk."""
        return tuple(i for page in self.identities for i in page if i in self.live)


def _is_left_out(listing: Listing, page: Exchange, shown: object) -> bool:
    """Return whether the default of a filter that the request lacks may leave out a resource."""
    return any(
        one.default is not MISSING
        and one.parameter.key not in page.request.parameters
        and get_at(shown, one.property) != one.default
        for one in listing.filters
    )


def list_walks(resource: Resource, exchanges: Sequence[Exchange]) -> Iterator[ListWalk]:
    """Yield the walks of one sequence, without those that a later one repeats."""
    listing = resource.listing
    if listing is None:
        return
    walks: dict[int, list[Exchange]] = {}
    repeated = {e.request.step.repeats for e in exchanges if e.request.step is not None}
    for exchange in exchanges:
        step = exchange.request.step
        if step is not None and step.walk and not is_sent_again(exchange):
            walks.setdefault(step.walk, []).append(exchange)
    for pages in walks.values():
        if pages[0].request.number in repeated or pages[0].request.phase == OTHER_TENANT_PHASE:
            continue
        last = pages[-1].request.number
        until = [e for e in exchanges if e.request.number <= last]
        history = ResourceHistory(resource, [e for e in until if e not in pages])
        parent = history.list_parent(pages[0])
        known = [
            one
            for one in history.known.values()
            if not one.is_uncertain and not _is_left_out(listing, pages[0], one.shown)
        ]
        yield ListWalk(
            resource,
            listing,
            tuple(final_exchanges(pages)) or tuple(pages),
            frozenset(o.identity for o in known if o.parent == parent and o.deleted is None),
            frozenset(o.identity for o in known if o.parent == parent and o.deleted is not None),
            frozenset(o.identity for o in known if o.parent != parent),
            history,
        )


@dataclass(frozen=True, eq=False)
class ResourceSequence:
    """Sequence of requests on one resource; several checks read its history and its walks."""

    resource: Resource
    exchanges: Sequence[Exchange]

    @cached_property
    def history(self) -> ResourceHistory:
        """History of the resources of the sequence."""
        return ResourceHistory(self.resource, self.exchanges)

    @cached_property
    def walks(self) -> tuple[ListWalk, ...]:
        """Readable walks through its list."""
        found = list_walks(self.resource, self.exchanges)
        return tuple(walk for walk in found if walk.is_readable)


def resource_sequences(exchanges: Iterable[Exchange]) -> Iterator[ResourceSequence]:
    """Yield the sequences of a run, in the order of their requests."""
    for found in sequences(exchanges):
        step = found[0].request.step
        if step is not None:
            yield ResourceSequence(step.resource, found)
