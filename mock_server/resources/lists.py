"""Lists: the query that the parameters of a request state, and the body with one page."""

import copy
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping

from mock_server.resource_view import ListPage, ListQuery, StoredResource
from mock_server.resources.shapes import Shape
from openapi.contract import Contract, Json
from openapi.json_pointer import MISSING, get_at, join_pointer, set_at, split_pointer
from openapi.parameters import Parameter, path_parameter_names
from openapi.resources.model import Filter, Listing, Resource
from openapi.resources.names import letters
from openapi.resources.schema_values import SchemaReader

_USUAL_LIMIT = 20
"""Items of a page if the request states no limit, the contract no default, and there are pages."""
_TOTALS = frozenset(["total", "totalcount", "totalitems", "totalelements", "totalresults"])
_COUNTS = frozenset(["count", "numberofelements"])
_MORE = frozenset(["hasmore", "hasnext", "hasnextpage", "more", "moretocome"])
_CURSOR_PREFIX = "page-"
FindIdentity = Callable[[Json], StoredResource | None]
"""Function from the identity of an item to the stored resource."""


class ResourceList:
    """List of one resource: query and body."""

    def __init__(
        self,
        contract: Contract,
        resource: Resource,
        listing: Listing,
        schema: str,
        example: Json,
        writable: frozenset[str],
    ) -> None:
        """Take the schema of the body at the pointer `schema`, and its `example`."""
        self._contract = contract
        self._resource = resource
        self._listing = listing
        self._schema = contract.schema(schema)
        self._pointer = schema
        self._reader = SchemaReader(contract.document)
        self._example = example
        items = self._reader.items(schema, listing.items)
        stated = get_at(example, listing.items)
        self._examples = [one for one in stated if isinstance(one, dict)] if isinstance(
            stated, list) else []  # fmt: skip
        self._item = None if items is None else Shape(
            contract, items, "", (self._examples or [self._drawn(items)])[0],
            writable=writable, identity=split_pointer(listing.identity)[-1],
        )  # fmt: skip

    def _drawn(self, items: str) -> Json:
        from openapi.examples import body_example  # noqa: PLC0415 - only without an example

        return body_example(self._contract, items)

    @property
    def item(self) -> Shape | None:
        """Shape of an item."""
        return self._item

    def parent(self, parameters: Mapping[str, object]) -> str | None:
        """Return the outer path parameters of the list; None if it shows those of every parent."""
        names = path_parameter_names(self._listing.operation.path)
        if {*names} != {*path_parameter_names(self._resource.create.path)}:
            return None
        return parent_text(names, parameters)

    def query(self, parameters: Mapping[str, object], tenant: str, find: FindIdentity) -> ListQuery:
        """Return the query of a request; `find` resolves a cursor that is an identity."""
        paging = self._listing.paging
        offset = _number(parameters, paging.offset) or 0
        limit = self._limit(parameters)
        page = _number(parameters, paging.page)
        if page is not None and paging.page is not None and limit is not None:
            offset = max(page - self._first_page(paging.page), 0) * limit
        return ListQuery(
            self._resource.name,
            tenant,
            self.parent(parameters),
            tuple(self._tests(parameters)),
            limit,
            offset,
            self._before(parameters, find),
        )

    def _limit(self, parameters: Mapping[str, object]) -> int | None:
        paging = self._listing.paging
        sent = _number(parameters, paging.limit)
        largest = self._bound("maxItems")
        if sent is not None:
            return sent if largest is None else min(sent, largest)
        stated = self._stated(paging.limit)
        default = stated.get("default")
        if isinstance(default, int):
            return default
        if paging.limit is None and not paging.has_pages:
            return largest
        return min(_USUAL_LIMIT, *(n for n in (largest, stated.get("maximum")) if n is not None),
                   _USUAL_LIMIT)  # fmt: skip

    def _bound(self, keyword: str) -> int | None:
        stated = self._reader.at(self._pointer, self._listing.items).stated
        return next((one[keyword] for one in stated if isinstance(one.get(keyword), int)), None)

    def _stated(self, parameter: Parameter | None) -> Mapping[str, Json]:
        if parameter is None:
            return {}
        merged: dict[str, Json] = {}
        for one in self._reader.at(parameter.schema).stated:
            merged = {**one, **merged}
        return merged

    def _first_page(self, parameter: Parameter) -> int:
        """Return the number of the first page: 0 if the schema says so, else 1."""
        stated = self._stated(parameter)
        return 0 if 0 in (stated.get("default"), stated.get("minimum")) else 1

    def _before(self, parameters: Mapping[str, object], find: FindIdentity) -> int | None:
        paging = self._listing.paging
        sent = MISSING if paging.cursor is None else parameters.get(paging.cursor.key, MISSING)
        if sent is MISSING or sent is None:
            return None
        if paging.next_cursor is None:
            found = find(sent)
            return None if found is None else found.id
        return _decoded(sent)

    def _tests(self, parameters: Mapping[str, object]) -> "list[Callable[[StoredResource], bool]]":
        return [
            self._test(one, parameters[one.parameter.key])
            for one in self._listing.filters
            if parameters.get(one.parameter.key) is not None
        ]

    def _test(self, one: Filter, wanted: object) -> Callable[[StoredResource], bool]:
        def is_selected(resource: StoredResource) -> bool:
            shown = resource.document if self._item is None else self._item.body(resource.document)
            found = get_at(shown, one.property)
            values = wanted if isinstance(wanted, list) else [wanted]
            return any(_matches(found, value, is_exact=one.is_exact) for value in values)

        return is_selected

    def body(self, page: ListPage, query: ListQuery, parameters: Mapping[str, object]) -> Json:
        """Return the body of the response with `page`."""
        assert self._item is not None
        items = [self._item.body(one.document) for one in page.items]
        items += self._padding(len(items), parameters)
        if not self._listing.items:
            return items
        body = copy.deepcopy(self._example)
        set_at(body, self._listing.items, items)
        self._set_numbers(body, page, query)
        self._set_cursor(body, page)
        return body

    def _padding(self, count: int, parameters: Mapping[str, object]) -> list[Json]:
        """Return examples of items, so that the array has as many as its schema needs."""
        made = []
        examples = self._examples or ([dict(self._item.example)] if self._item else [])
        for number in range(count, self._bound("minItems") or 0):
            item = copy.deepcopy(examples[number % len(examples)])
            for one in self._listing.filters:
                wanted = parameters.get(one.parameter.key)
                if wanted is not None and get_at(item, one.property) is not MISSING:
                    set_at(item, one.property, wanted[0] if isinstance(wanted, list) else wanted)
            made.append(item)
        return made

    def _set_numbers(self, body: Json, page: ListPage, query: ListQuery) -> None:
        """Set the numbers of items, and whether there are more, where the names are usual."""
        limit = query.limit or max(page.total, 1)
        usual: Mapping[str, Json] = {
            **dict.fromkeys(_TOTALS, page.total),
            **dict.fromkeys(_COUNTS, len(page.items)),
            **dict.fromkeys(_MORE, page.has_more),
            "totalpages": -(-page.total // limit),
            "last": not page.has_more,
            "first": query.is_first,
            "empty": not page.items,
        }
        for place in _objects(body, self._listing.items):
            holder: Json = get_at(body, place)
            for name in [*holder] if isinstance(holder, dict) else ():
                value = usual.get(letters(name), MISSING)
                if value is not MISSING and type(value) is type(holder[name]):
                    self._try(body, join_pointer(place, name), value)

    def _set_cursor(self, body: Json, page: ListPage) -> None:
        expression = self._listing.paging.next_cursor
        if expression is None or (expression.message, expression.part) != ("response", "body"):
            return
        if page.has_more and page.items:
            number = page.items[-1].id
            for cursor in (_encoded(number), number):
                if self._try(body, expression.where, cursor):
                    return
            return
        if not self._try(body, expression.where, None):
            parent, _, name = expression.where.rpartition("/")
            holder = get_at(body, parent)
            if isinstance(holder, dict):
                kept = holder.pop(split_pointer(f"/{name}")[0], MISSING)
                if not self._schema.is_valid(body) and kept is not MISSING:
                    holder[split_pointer(f"/{name}")[0]] = kept
                    self._try(body, expression.where, "")

    def _try(self, body: Json, place: str, value: Json) -> bool:
        """Set `value` if the body is as valid as before; return whether it is set."""
        before = get_at(body, place)
        was_valid = self._schema.is_valid(body)
        try:
            set_at(body, place, value)
        except LookupError:
            return False
        if self._schema.is_valid(body) or not was_valid:
            return True
        if before is MISSING:
            parent = get_at(body, place.rpartition("/")[0])
            if isinstance(parent, dict):
                parent.pop(split_pointer(place)[-1])
        else:
            set_at(body, place, before)
        return False


def parent_text(names: "list[str] | tuple[str, ...]", parameters: Mapping[str, object]) -> str:
    """Return the path parameters `names` as a JSON object of texts."""
    return json.dumps({name: plain_text(parameters.get(f"path.{name}")) for name in sorted(names)})


def plain_text(value: object) -> str:
    """Return a value as text, so that a number and its digits are the same."""
    return value if isinstance(value, str) else json.dumps(value)


def _objects(body: Json, items: str) -> "list[str]":
    """Return the places of the objects that may tell about the page."""
    places = ["", items.rpartition("/")[0]]
    if isinstance(body, dict):
        places += [join_pointer("", name) for name, v in body.items() if isinstance(v, dict)]
    return [*dict.fromkeys(places)]


def _matches(found: object, wanted: object, *, is_exact: bool) -> bool:
    if found is MISSING or found is None:
        return False
    if is_exact or not (isinstance(found, str) and isinstance(wanted, str)):
        return found == wanted or plain_text(found) == plain_text(wanted)
    return wanted.casefold() in found.casefold()


def _number(parameters: Mapping[str, object], parameter: Parameter | None) -> int | None:
    value = None if parameter is None else parameters.get(parameter.key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return max(int(value), 0) if is_number else None  # type: ignore[call-overload]


def _encoded(number: int) -> str:
    return urlsafe_b64encode(f"{_CURSOR_PREFIX}{number}".encode()).decode().rstrip("=")


def _decoded(cursor: object) -> int | None:
    """Return the number in a cursor; None for what is none: the list then begins at its start."""
    if isinstance(cursor, int):
        return cursor
    try:
        text = urlsafe_b64decode(f"{cursor}{'=' * (-len(str(cursor)) % 4)}").decode()
        return int(text.removeprefix(_CURSOR_PREFIX)) if text.startswith(_CURSOR_PREFIX) else None
    except ValueError:
        return None
