"""State of the service that all resources share, and what its operations have in common."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from workshop_service.exchange import Problem, Request, Response, not_found
from workshop_service.output import presented
from workshop_service.paging import Row
from workshop_service.rules import KEY, Invalid, Rule
from workshop_service.sender import Sender
from workshop_service.store import Record, Store, Value
from workshop_service.storing import accepted, stored

TENANTS = ("north", "south")
_INVOICE_DELAYS_S = {"delayed-invoices": 0.2, "invoice-too-late": 10.0}
_LIST_DELAY_S = 1.0


class Workshop:
    """State, and the names of the faults and differences that it has."""

    def __init__(self, names: frozenset[str], sender: Sender) -> None:
        self.has: Callable[[str], bool] = names.__contains__
        self.store = Store()
        self.sender = sender
        self._answers: dict[tuple[str, ...], tuple[str, Response]] = {}
        if names & {"strangers", "strangers-first"}:
            for tenant in TENANTS:
                for index in range(250):
                    self.add_strangers(tenant, index)

    def add_strangers(self, tenant: str, index: int) -> None:
        """Create a customer and an invoice that no request created."""
        email = f"stranger-{index}-{uuid.uuid4().hex[:8]}@example.net"
        customer = {"name": f"Stranger {index}", "email": email, "status": "dormant"}
        self.store.add("customer", tenant, None, new_customer(customer))
        invoice = {"title": f"Stranger {index}", "currency": "USD"}
        self.store.add("invoice", tenant, None, new_invoice(invoice))

    def body(self, request: Request, kind: str, rule: Rule) -> Value:
        """Return the body with legal differences."""
        value: Value = request.json(rule)
        return self.accepted(kind, value)

    def accepted(self, kind: str, value: Value) -> Value:
        """Return the value with legal differences."""
        try:
            return accepted(kind, value, self.has)
        except Invalid as error:
            raise Problem(422, "invalid", str(error)) from None

    def stored(self, kind: str, value: Value) -> Value:
        """Return the value as it is stored."""
        return stored(kind, value, self.has)

    def shown(self, kind: str, value: Value) -> Value:
        """Return the value as responses show it."""
        return presented(kind, value, self.has)

    def find(
        self, request: Request, kind: str, identity: Any, leak: str = "tenant-ignored"
    ) -> Record:
        """Return a record of the caller; raise `Problem` if there is none, or a deleted one."""
        record = self.find_ever(request, kind, identity, leak)
        if record is None:
            raise not_found()
        if record.value is None:
            if kind == "customer" and self.has("gone"):
                raise Problem(410, "gone", "the customer was deleted")
            raise not_found()
        return record

    def find_ever(
        self, request: Request, kind: str, identity: Any, leak: str = "tenant-ignored"
    ) -> Record | None:
        """Return a record of the caller, which may be deleted, or None."""
        record = self.store.find(kind, identity)
        if record is None:
            return None
        is_leak = self.has("tenant-ignored") or self.has(leak)
        return record if record.tenant == request.tenant or is_leak else None

    def rows(self, request: Request, kind: str, leak: str = "tenant-ignored") -> Iterator[Row]:
        """Yield the records of the caller with the versions that a list shows."""
        is_leak = self.has("tenant-ignored") or self.has(leak)
        delay = self.delay(kind, is_list=True)
        for record in self.store.all(kind):
            value = record.before(delay)
            if value is not None and (record.tenant == request.tenant or is_leak):
                yield record, value

    def delay(self, kind: str, *, is_list: bool) -> float:
        """Return the seconds after which a read or list shows a change."""
        if kind != "invoice":
            return 0.0
        if is_list and self.has("delayed-list"):
            return _LIST_DELAY_S
        return next((s for name, s in _INVOICE_DELAYS_S.items() if self.has(name)), 0.0)

    def remove(self, record: Record) -> None:
        """Delete a record, or mark it as deleted."""
        self.store.change(record, None)

    def deleted_again(self, record: Record | None) -> bool:
        """Return whether a second DELETE of a deleted record is a success."""
        is_deleted = record is not None and record.value is None
        return is_deleted and self.has("delete-twice-204")

    def once(self, request: Request, body: Value, create: Callable[[], Response]) -> Response:
        """Return the response of an earlier request with the same idempotency key, or create."""
        key = request.header("Idempotency-Key", KEY)
        if key is None or self.has("key-ignored"):
            return create()
        scope = "" if self.has("key-shared") else request.path
        tenant = "" if self.has("key-of-other-tenant") else request.tenant
        place = (tenant, scope, key[:8] if self.has("key-prefix") else key)
        sent = json.dumps(body, sort_keys=True)
        if place not in self._answers:
            if self.has("key-last-only"):
                self._answers.clear()
            answer = create()
            self._answers[place] = (sent, answer)
            return answer
        before, answer = self._answers[place]
        is_careless = any(map(self.has, ("key-shared", "key-prefix", "key-of-other-tenant")))
        if before != sent and not is_careless:
            status = 422 if self.has("other-body-422") else 409
            raise Problem(status, "key_in_use", "an earlier request with the key differs")
        if self.has("key-replay-creates"):
            create()
        value = answer.value
        if self.has("key-new-id"):
            new = {"id": str(uuid.uuid4())}
            value = {"data": {**value["data"], **new}} if "data" in value else {**value, **new}
        return Response(200 if self.has("replay-200") else answer.status, value)


def now() -> str:
    """Return the present as a date-time."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_customer(value: Value) -> Value:
    """Return the value with what the service adds to a new customer."""
    made = now()
    identity = f"cus_{uuid.uuid4().hex[:12]}"
    return {"id": identity, **value, "createdAt": made, "updatedAt": made}


def new_invoice(value: Value) -> Value:
    """Return the value with what the service adds to a new invoice."""
    return {"id": str(uuid.uuid4()), **value, "createdAt": now()}
