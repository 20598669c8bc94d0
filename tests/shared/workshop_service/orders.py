"""Operations on the orders of a customer, and on their refunds."""

import uuid
from collections.abc import Iterator, Sequence

from workshop_service.exchange import NO_CONTENT, Problem, Request, Response, not_found
from workshop_service.paging import Row, by_offset, ordered
from workshop_service.rules import ORDER, REFUND, STATES, Invalid, one_of, order_change, whole
from workshop_service.store import Record, Value
from workshop_service.storing import AS_GIVEN
from workshop_service.workshop import Workshop, now

_KIND = "order"
_FIRST_ID = 1000


class Orders:
    """Orders below a customer, their cancellation, and their refunds."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._has = workshop.has
        self._store = workshop.store

    def create(self, request: Request, customer: str) -> Response:
        above = self._customer(request, customer)
        body = self._workshop.body(request, _KIND, ORDER)
        identity = _FIRST_ID + self._store.next_number()
        given = {"id": identity, "customerId": customer, "state": "open", **body}
        given["createdAt"] = now()
        kept = self._workshop.stored(_KIND, given)
        self._store.add(_KIND, request.tenant, customer, kept)
        if self._has("touched-by-orders"):
            self._store.change(above, {**above.last, "updatedAt": now()})
        return Response(201, self._answered(given, kept))

    def _customer(self, request: Request, identity: str) -> Record:
        record = self._workshop.find_ever(request, "customer", identity)
        if record is not None and self._has("soft-delete"):
            return record
        return self._workshop.find(request, "customer", identity)

    def _answered(self, given: Value, kept: Value) -> Value:
        as_given = any(map(self._has, AS_GIVEN))
        return self._workshop.shown(_KIND, given if as_given else kept)

    def _find(self, request: Request, customer: str, order: str) -> Record:
        identity = _identity(order)
        self._customer(request, customer)
        record = self._workshop.find(request, _KIND, identity)
        if record.parent != customer and not self._has("order-under-other-customer"):
            raise not_found()
        return record

    def read(self, request: Request, customer: str, order: str) -> Response:
        try:
            record = self._find(request, customer, order)
        except Problem as problem:
            if problem.status == 404 and self._has("unknown-500"):
                raise Problem(500, "failure", "the service failed") from None
            raise
        if self._has("read-newest"):
            record = [one for one, _ in self._workshop.rows(request, _KIND)][-1]
        return Response(200, self._workshop.shown(_KIND, record.last))

    def change(self, request: Request, customer: str, order: str) -> Response:
        record = self._find(request, customer, order)
        body = request.json(order_change)
        old = record.last
        given = self._workshop.accepted(_KIND, {**old, **body})
        if self._has("patch-quantity-added") and "quantity" in body:
            given["quantity"] = min(old["quantity"] + body["quantity"], 99)
        kept = self._workshop.stored(_KIND, given)
        if self._has("patch-first-property"):
            first = [*body][:1]
            kept = {**old, **{name: kept[name] for name in first}}
            self._store.change(record, kept)
            return Response(200, self._workshop.shown(_KIND, given))
        self._store.change(record, kept)
        return Response(200, self._answered(given, kept))

    def delete(self, request: Request, customer: str, order: str) -> Response:
        identity = _identity(order)
        self._customer(request, customer)
        known = self._workshop.find_ever(request, _KIND, identity)
        if known is not None and known.parent == customer and self._workshop.deleted_again(known):
            return NO_CONTENT
        record = self._find(request, customer, order)
        if self._has("delete-neighbour"):
            for other in [*self._below(request, customer, before=record)][-1:]:
                self._workshop.remove(other)
        if self._has("delete-other-orders"):
            for other in [*self._below(request, customer)]:
                self._workshop.remove(other)
        self._workshop.remove(record)
        return NO_CONTENT

    def _below(
        self, request: Request, customer: str, before: Record | None = None
    ) -> Iterator[Record]:
        """Yield the orders of a customer, the oldest first; with `before` only the older ones."""
        for record, _ in self._workshop.rows(request, _KIND):
            is_older = before is None or record.number < before.number
            if record.parent == customer and is_older:
                yield record

    def list(self, request: Request, customer: str) -> Response:
        state = request.parameter("state", one_of(*STATES))
        limit = request.number("limit", 20, 1, 50)
        offset = request.number("offset", 0, 0)
        self._customer(request, customer)
        rows = ordered(self._rows(request, customer), self._has)
        rows = [row for row in rows if self._is_in(row, state)]
        shown = by_offset(rows, offset, limit, self._has)
        items = [self._workshop.shown(_KIND, value) for _, value in shown]
        if self._has("list-doubles") and items:
            items = [items[0], *items]
        return Response(200, items)

    def _rows(self, request: Request, customer: str) -> Sequence[Row]:
        rows = self._workshop.rows(request, _KIND)
        every = self._has("orders-of-all")
        return [row for row in rows if every or row[0].parent == customer]

    def _is_in(self, row: Row, state: str | None) -> bool:
        if state is None:
            return True
        value = row[0].first if self._has("state-filter-stale") else row[1]
        is_in: bool = value["state"] == state
        return is_in is not self._has("state-filter-inverted")

    def cancel(self, request: Request, customer: str, order: str) -> Response:
        record = self._find(request, customer, order)
        old = record.last
        if old["state"] == "cancelled":
            raise Problem(409, "cancelled", "the order is cancelled already")
        given = {**old, "state": "cancelled"}
        if self._has("cancel-with-date"):
            given["cancelledAt"] = now()
        if self._has("cancel-wipes-note"):
            given.pop("note", None)
        concerned = [record]
        if self._has("cancel-other"):
            concerned = [*self._below(request, customer, before=record)][-1:] or concerned
        if self._has("cancel-all"):
            concerned = [*self._below(request, customer)]
        for one in () if self._has("cancel-not-stored") else concerned:
            self._store.change(one, given if one is record else {**one.last, "state": "cancelled"})
        answer = self._workshop.shown(_KIND, given)
        self._workshop.sender.send("order.cancelled", order=answer)
        return Response(200, answer)

    def refund(self, request: Request, customer: str, order: str) -> Response:
        record = self._find(request, customer, order)
        body = self._workshop.body(request, "refund", REFUND)

        def create() -> Response:
            given = {"id": str(uuid.uuid4()), "orderId": record.id, **body, "createdAt": now()}
            kept = self._workshop.stored("refund", given)
            self._store.add("refund", request.tenant, record.id, kept)
            return Response(201, self._workshop.shown("refund", kept))

        return self._workshop.once(request, body, create)

    def list_refunds(self, request: Request, customer: str, order: str) -> Response:
        record = self._find(request, customer, order)
        rows = [r for r in self._workshop.rows(request, "refund") if r[0].parent == record.id]
        shown = [self._workshop.shown("refund", value) for _, value in ordered(rows, self._has)]
        return Response(200, shown)


def _identity(text: str) -> int:
    try:
        return whole(text, 1)
    except Invalid as error:
        raise Problem(400, "bad_request", f"orderId: {error}") from None
