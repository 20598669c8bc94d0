"""Operations on invoices, whose bodies are wrapped."""

import re

from workshop_service.exchange import NO_CONTENT, Problem, Request, Response, not_found
from workshop_service.paging import by_number, ordered
from workshop_service.rules import CURRENCIES, INVOICE, one_of
from workshop_service.store import Value
from workshop_service.storing import AS_GIVEN
from workshop_service.workshop import Workshop, new_invoice, now

_KIND = "invoice"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Invoices:
    """Invoices, which a caller creates, reads, deletes and lists by pages."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._has = workshop.has
        self._store = workshop.store

    def create(self, request: Request) -> Response:
        body = self._workshop.body(request, _KIND, INVOICE)

        def create() -> Response:
            given = new_invoice(body)
            kept = self._workshop.stored(_KIND, given)
            record = self._store.add(_KIND, request.tenant, None, kept)
            if self._has("busy"):
                self._workshop.add_strangers(request.tenant, record.number)
            as_given = any(map(self._has, AS_GIVEN))
            return self._wrapped(given if as_given else kept, 201)

        return self._workshop.once(request, body, create)

    def _wrapped(self, value: Value, status: int = 200) -> Response:
        return Response(status, {"data": self._workshop.shown(_KIND, value)})

    def read(self, request: Request, invoice: str) -> Response:
        identity = _identity(invoice)
        leak = "tenant-ignored-in-reads"
        record = self._workshop.find_ever(request, _KIND, identity, leak)
        if record is None:
            raise not_found()
        value = record.before(self._workshop.delay(_KIND, is_list=False))
        if value is None:
            if record.value is None and self._has("deleted-null"):
                return Response(200, None)
            raise not_found()
        return self._wrapped(value)

    def delete(self, request: Request, invoice: str) -> Response:
        identity = _identity(invoice)
        record = self._workshop.find_ever(request, _KIND, identity)
        if record is not None and record.value is None and self._has("delete-twice-500"):
            raise Problem(500, "failure", "the service failed")
        if not self._workshop.deleted_again(record):
            self._workshop.remove(self._workshop.find(request, _KIND, identity))
        return NO_CONTENT

    def list(self, request: Request) -> Response:
        currency = request.parameter("currency", one_of(*CURRENCIES))
        page = request.number("page", 1, 1)
        size = request.number("perPage", 20, 1, 50)
        rows = ordered([*self._workshop.rows(request, _KIND)], self._has)
        matching = [row for row in rows if self._matches(row[1], currency)]
        shown = by_number(matching, page, size, self._has)
        items = [self._workshop.shown(_KIND, value) for _, value in shown]
        found = {"data": items, "total": len(matching)}
        if self._has("more-properties"):
            found |= {"page": page, "requestId": now()}
        return Response(200, found)

    def _matches(self, value: Value, currency: str | None) -> bool:
        if currency == "GBP" and self._has("currency-filter-wrong"):
            currency = "EUR"
        return currency is None or bool(value["currency"] == currency)


def _identity(text: str) -> str:
    if not re.fullmatch(_UUID, text.lower(), re.ASCII):
        raise Problem(400, "bad_request", "invoiceId: a UUID is expected")
    return text.lower()
