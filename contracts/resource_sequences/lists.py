"""Sequences on lists: all items, filters, and small pages."""

from collections.abc import Mapping, Sequence

from contracts.ledger.list_walks import ListWalk, following_page, list_walks, number_in
from contracts.ledger.resource_history import KnownResource
from contracts.model.case import OTHER_PARENT_PHASE
from contracts.model.exchange import Exchange
from contracts.resource_sequences.client import ResourceClient
from openapi.json_pointer import get_at
from openapi.parameters import Parameter, parameter_key
from openapi.requests.examples import is_sendable
from openapi.resources.model import Filter, Listing

MAX_PAGES = 30
"""Pages that one walk reads: a service may have many items of others."""
_SMALL_PAGE = 2
_LARGEST_LIMIT = 100
_FEW_PAGES = 5
"""Pages of a filtered list that is read by small pages."""


def list_and_page(client: ResourceClient, items: int, filters: int) -> None:
    """Create resources, then list all of them, those with one value, and small pages."""
    listing = _usable(client)
    if listing is None:
        return
    made = _create_items(client, items)
    if not made:
        return
    walker = _Walker(client, listing, client.parent_of(made[0]))
    walker.walk("list", {}, walker.largest_limit())
    _list_by_filters(client, walker, listing.filters[:filters], made)
    if (small := walker.smallest_limit()) is not None:
        walker.walk("small pages of the list", {}, small, from_first_own=True)
    _write_and_list(client, walker, made)


def _usable(client: ResourceClient) -> Listing | None:
    """Return the list of the resource, or None if the run cannot ask for all items."""
    listing = client.resource.listing
    if listing is None or listing.is_selective or client.session(listing.operation) is None:
        return None
    return listing


def list_once(client: ResourceClient, created: Exchange, described: str) -> None:
    """Walk through the list that should have the resource of the exchange `created`."""
    if (listing := _usable(client)) is not None:
        parent = {k: v for k, v in created.request.parameters.items() if k.startswith("path.")}
        walker = _Walker(client, listing, parent)
        walker.walk(described, {}, walker.largest_limit())


def _create_items(client: ResourceClient, items: int) -> Sequence[KnownResource]:
    """Create items below one parent, and one below another parent."""
    resource = client.resource
    maker = client.maker(resource.create)
    made: list[KnownResource] = []
    parent: Mapping[str, object] | None = None
    for number in range(items):
        known = client.create(f"create item {number + 1}", maker.whole(number), parent)
        if known is None and not made:
            known = client.create("create a plain item", None, parent)
        if known is not None:
            parent = client.parent_of(known)
            made.append(known)
            client.read(known, f"read item {number + 1}")
    if made and resource.parameters[:-1]:
        elsewhere = client.create("create below another parent", maker.whole(items))
        _cross_parents(client, elsewhere, made[0])
    return made


def _list_by_filters(
    client: ResourceClient,
    walker: "_Walker",
    filters: Sequence[Filter],
    made: Sequence[KnownResource],
) -> None:
    """List with values that items have; an item has the beginning of another one's value."""
    maker = client.maker(client.resource.create)
    exact = {one.property: _value_of(made[0], one) for one in filters if one.is_exact}
    lookalike = maker.continued(
        len(made), {key: text for key, text in exact.items() if isinstance(text, str)}
    )
    if lookalike is not None:
        client.create("create an item with longer values", lookalike, client.parent_of(made[0]))
    for one in filters:
        values = [_value_of(known, one) for known in made]
        for value in [*dict.fromkeys(value for value in values if value is not None)][:2]:
            walker.filtered(one, value)
    smallest = walker.smallest_limit()
    first = next((one for one in filters if _value_of(made[0], one) is not None), None)
    if first is not None and smallest is not None:
        walker.filtered(first, _value_of(made[0], first), smallest)


def _value_of(known: KnownResource, one: Filter) -> str | int | float | None:
    """Return the value that the response to the creation shows for a filter, or None."""
    value = get_at(known.shown, one.property) if isinstance(known.shown, dict) else None
    return value if isinstance(value, str | int | float) else None


def _cross_parents(
    client: ResourceClient, other: KnownResource | None, known: KnownResource
) -> None:
    """Read a resource below the parent of another one."""
    read = client.resource.read
    if other is None or other.parent == known.parent or read is None or not client.session(read):
        return
    key = parameter_key("path", client.resource.parameter)
    path = {**client.path_of(other), key: known.identity}
    client.send(read, "read an item below another parent", None, path, phase=OTHER_PARENT_PHASE)


def _write_and_list(
    client: ResourceClient, walker: "_Walker", made: Sequence[KnownResource]
) -> None:
    """Delete one item, change another, act on a third: the list and its filters show all."""
    resource, limit = client.resource, walker.largest_limit()
    if resource.delete is not None and len(made) > 1:
        exchange = client.request(resource.delete, made[1], "delete item 2")
        if exchange is not None and exchange.has_status_of("valid-request"):
            walker.walk("list after the deletion", {}, limit)
    if resource.change is not None and client.session(resource.change) is not None:
        making = client.maker(resource.change)
        filtered = {one.property for one in walker.listing.filters}
        ordered = sorted(making.properties, key=lambda shared: shared.resource not in filtered)
        plans = (making.change(p, client.value_of(made[0], p.resource)) for p in ordered)
        plan = next((one for one in plans if one is not None), None)
        if plan is not None:
            client.request(resource.change, made[0], "change item 1", plan)
            walker.walk("list after the change", {}, limit)
            _list_by_both_states(client, walker, made[0])
    for action in resource.actions[:1]:
        if len(made) > 2 and client.request(action, made[2], f"{action.id} of item 3") is not None:
            _list_by_both_states(client, walker, made[2])


def _list_by_both_states(client: ResourceClient, walker: "_Walker", known: KnownResource) -> None:
    """List by the old and the new value of each filter whose property has changed."""
    now = client.history.known.get((known.parent, known.identity))
    for one in walker.listing.filters:
        old, new = _value_of(known, one), None if now is None else _value_of(now, one)
        if old is not None and new is not None and old != new:
            walker.filtered(one, old)
            walker.filtered(one, new)


class _Walker:
    """Walks through one list."""

    def __init__(
        self, client: ResourceClient, listing: Listing, parent: Mapping[str, object]
    ) -> None:
        self._client = client
        self.listing = listing
        names = {p.key for p in listing.operation.parameters if p.location == "path"}
        self._parent = {key: value for key, value in parent.items() if key in names}
        self._start: dict[str, object] = {}
        """Parameters of the page on which the last whole walk found the first own item."""

    def largest_limit(self) -> int | None:
        """Return the largest limit that the contract allows, or None without a parameter."""
        parameter = self.listing.paging.limit
        if parameter is None:
            return None
        return max(self._limits(parameter), default=None)

    def smallest_limit(self) -> int | None:
        """Return the smallest limit of at least two items that the contract allows, or None."""
        parameter = self.listing.paging.limit
        return None if parameter is None else min(self._limits(parameter), default=None)

    def _limits(self, parameter: Parameter) -> list[int]:
        """Return valid limits from two items to a hundred."""
        stated = self._client.contract.at(parameter.schema)
        bounds = [stated.get(key) for key in ("minimum", "maximum")]
        wanted = [_SMALL_PAGE, _LARGEST_LIMIT, *bounds, *stated.get("enum", ())]
        return [
            value
            for value in wanted
            if isinstance(value, int)
            and _SMALL_PAGE <= value <= _LARGEST_LIMIT
            and is_sendable(self._client.contract, parameter, str(value))
        ]

    def filtered(self, one: Filter, value: object, limit: int | None = None) -> None:
        """Walk through the list with one filter, by large pages or a few with `limit` items."""
        key = one.parameter.key
        asked = {key: [value] if "array" in one.parameter.types else value}
        described = f"list with {one.parameter.name}={value}"
        if limit is None:
            self.walk(described, asked, self.largest_limit())
        else:
            self.walk(f"small pages of the {described}", asked, limit, pages=_FEW_PAGES)

    def walk(
        self,
        described: str,
        filters: Mapping[str, object],
        limit: int | None,
        *,
        from_first_own: bool = False,
        pages: int = MAX_PAGES,
    ) -> None:
        """Read the pages, and again if they show an old state, until the bound has passed."""
        first = 0

        def send(repeats: int) -> int:
            nonlocal first
            first = self._pages(described, filters, limit, repeats, from_first_own, pages)
            return first

        def is_up_to_date() -> bool:
            walk = self._last_walk(first)
            return walk is None or not _has_fault(walk, has_filters=bool(filters))

        self._client.repeat_until(self.listing.operation, send, is_up_to_date)
        if not filters and not from_first_own:
            self._note_first_own(first)

    def _last_walk(self, first: int) -> ListWalk | None:
        walks = list_walks(self._client.resource, self._client.exchanges)
        found = [walk for walk in walks if walk.pages[0].request.number == first]
        return found[0] if found and found[0].is_readable else None

    def _pages(
        self,
        described: str,
        filters: Mapping[str, object],
        limit: int | None,
        repeats: int,
        from_first_own: bool,
        pages: int,
    ) -> int:
        """Send the requests of one walk; return the number of its first request."""
        listing, paging = self.listing, self.listing.paging
        asked: dict[str, object] = {**self._parent, **filters}
        if limit is not None and paging.limit is not None:
            asked[paging.limit.key] = limit
        asked |= self._start if from_first_own else {}
        number = self._client.next_walk()
        first = 0
        seen: set[str] = set()
        for page in range(1, pages + 1):
            exchange = self._client.send(
                listing.operation,
                f"{described}, page {page}" if page > 1 else described,
                None,
                asked,
                walk=number,
                repeats=repeats if page == 1 else 0,
            )
            first = first or exchange.request.number
            following = following_page(listing, exchange, self._first_page)
            shown = self._identities(exchange)
            if following is None or (shown and shown <= seen):  # the service repeats itself
                break
            seen |= shown
            asked = {**asked, **following}
        return first

    def _identities(self, exchange: Exchange) -> set[str]:
        body = exchange.response.json.value if exchange.response else None
        items = self.listing.items_of(body) or []
        return {self.listing.identity_of(item) for item in items}

    @property
    def _first_page(self) -> int:
        """Number of the first page, as the parameter states it."""
        parameter = self.listing.paging.page
        stated = {} if parameter is None else self._client.contract.at(parameter.schema)
        first = stated.get("default", stated.get("minimum", 1))
        return first if isinstance(first, int) else 1

    def _note_first_own(self, first: int) -> None:
        """Note the page on which the first own item is, so that small pages begin there."""
        walk = self._last_walk(first)
        paging = self.listing.paging
        self._start = {}
        if walk is None:
            return
        for page, identities in zip(walk.pages, walk.identities, strict=True):
            index = next((i for i, one in enumerate(identities) if one in walk.live), None)
            if index is None:
                continue
            sent = page.request.parameters
            if paging.offset is not None:
                before = number_in(sent, paging.offset) + index
                self._start = {paging.offset.key: before} if before else {}
            elif paging.cursor is not None and paging.cursor.key in sent:
                self._start = {paging.cursor.key: sent[paging.cursor.key]}
            return


def _has_fault(walk: ListWalk, *, has_filters: bool) -> bool:
    """Return whether a walk shows an old state of the run's items, or loses or repeats some."""
    shown = [identity for page in walk.identities for identity in page]
    own = [identity for identity in shown if identity in walk.live]
    if set(shown) & walk.deleted or len(own) != len(set(own)):
        return True
    return walk.is_whole and not has_filters and bool(walk.live - set(own))
