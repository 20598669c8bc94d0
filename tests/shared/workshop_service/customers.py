"""Operations on customers."""

from collections.abc import Sequence
from typing import Any

from workshop_service.exchange import NO_CONTENT, Problem, Request, Response
from workshop_service.paging import Row, by_cursor, ordered, read_cursor
from workshop_service.rules import (
    CUSTOMER_PATCH,
    READ_ONLY,
    STATUSES,
    Invalid,
    customer,
    email,
    one_of,
    text,
)
from workshop_service.store import Record, Value
from workshop_service.storing import AS_GIVEN, EXAMPLE, merged
from workshop_service.workshop import Workshop, new_customer, now

_KIND = "customer"
_MERGE_PATCH = "application/merge-patch+json"
_EMPTY = (False, 0)


class Customers:
    """Customers, which a caller creates, reads, replaces, changes, deletes and lists."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._has = workshop.has
        self._store = workshop.store
        self._latest: dict[str, str] = {}

    def create(self, request: Request) -> Response:
        body = self._workshop.body(request, _KIND, customer)
        given = new_customer(body)
        latest = self._latest.pop(request.tenant, None)
        if self._has("id-reused") and latest is not None:
            given["id"] = latest
        else:
            self._latest[request.tenant] = given["id"]
        kept = self._kept(request, given)
        if self._has("create-not-stored"):
            kept = {**EXAMPLE, **_own(kept)}
        record = self._store.add(_KIND, request.tenant, None, kept)
        if self._has("create-twice"):
            self._store.add(_KIND, request.tenant, None, {**kept, "id": new_customer({})["id"]})
        if self._has("busy"):
            self._workshop.add_strangers(request.tenant, record.number)
        answer = self._answer(given if self._answers_as_given() else kept)
        told = {name: answer.value[name] for name in ("id", "email", "name")}
        self._workshop.sender.send("customer.created", customer=told)
        return Response(201, answer.value)

    def _kept(self, request: Request, given: Value) -> Value:
        if self._has("read-only-stored"):
            sent = request.json(READ_ONLY)
            given = {**given, **{name: sent[name] for name in ("createdAt",) if name in sent}}
        return self._workshop.stored(_KIND, given)

    def _answers_as_given(self) -> bool:
        return any(map(self._has, AS_GIVEN))

    def _answer(self, value: Value) -> Response:
        return Response(200, self._workshop.shown(_KIND, value))

    def read(self, request: Request, identity: str) -> Response:
        record = self._workshop.find_ever(request, _KIND, identity)
        if record is None or record.value is None:
            return self._read_nothing(request, identity, record)
        record.was_read = True
        value = record.first if self._has("read-first-version") else record.value
        if self._has("read-lacks-nickname"):
            value = {name: one for name, one in value.items() if name != "nickname"}
        return self._answer(value)

    def _read_nothing(self, request: Request, identity: str, record: Record | None) -> Response:
        if record is not None and record.was_read and self._has("deleted-cached"):
            return self._answer(record.last)
        if self._has("unknown-empty"):
            return Response(200, {})
        if self._has("unknown-invented"):
            return self._answer({**new_customer(EXAMPLE), "id": identity})
        if record is not None and self._has("soft-delete"):
            raise Problem(404, "deleted", "the customer was deleted")
        return self._answer(self._workshop.find(request, _KIND, identity).last)

    def replace(self, request: Request, identity: str) -> Response:
        record = self._workshop.find(request, _KIND, identity)
        body = self._workshop.body(request, _KIND, customer)
        old = record.last
        given = {**_own(old), **body, "updatedAt": now()}
        if self._has("put-keeps-absent"):
            given = {**old, **given}
        kept = self._kept(request, given)
        if self._has("put-keeps-name"):
            kept["name"] = given["name"] = old["name"]
        if self._has("put-new-id"):
            self._store.change(record, None)
            kept["id"] = given["id"] = new_customer({})["id"]
            self._store.add(_KIND, record.tenant, None, kept)
        elif not self._has("put-not-stored"):
            self._store.change(record, kept)
        as_given = self._answers_as_given() or self._has("put-not-stored")
        return self._answer(given if as_given else kept)

    def change(self, request: Request, identity: str) -> Response:
        record = self._find_to_change(request, identity)
        patch = request.json(CUSTOMER_PATCH, _MERGE_PATCH)
        old = record.last
        given = self._patched(old, patch)
        kept = self._workshop.stored(_KIND, given)
        if self._has("patch-changes-all"):
            for other, value in [*self._workshop.rows(request, _KIND)]:
                self._store.change(other, {**self._patched(value, patch), **_own(value)})
        if not self._has("patch-not-stored"):
            self._store.change(record, kept)
        if self._has("patch-204"):
            return NO_CONTENT
        if self._has("patch-answers-old"):
            return self._answer(old)
        as_given = self._answers_as_given() or self._has("patch-not-stored")
        return self._answer(given if as_given else kept)

    def _find_to_change(self, request: Request, identity: str) -> Record:
        record = self._workshop.find_ever(request, _KIND, identity)
        if record is not None and self._has("patch-revives"):
            return record
        return self._workshop.find(request, _KIND, identity)

    def _patched(self, old: Value, patch: Value) -> Value:
        if self._has("patch-null-ignored"):
            patch = _without_null(patch)
        if self._has("patch-false-ignored"):
            patch = {name: one for name, one in patch.items() if one not in _EMPTY}
        base = old
        if self._has("patch-wipes-others"):
            base = {**_own(old), "name": old["name"], "email": old["email"]}
        given = merged(base, patch)
        if self._has("patch-wipes-siblings") and "address" in patch:
            given["address"] = _without_null(patch["address"])
        if self._has("patch-tags-added") and "tags" in patch:
            given["tags"] = [*dict.fromkeys([*old.get("tags", ()), *patch["tags"]])][:8]
        given = self._workshop.accepted(_KIND, given)
        given["updatedAt"] = now()
        if self._has("patch-created-at"):
            given["createdAt"] = given["updatedAt"]
        return given

    def delete(self, request: Request, identity: str) -> Response:
        leak = "tenant-ignored-in-deletes"
        record = self._workshop.find_ever(request, _KIND, identity, leak)
        if not self._workshop.deleted_again(record):
            record = self._workshop.find(request, _KIND, identity, leak)
            if not self._has("delete-keeps"):
                self._workshop.remove(record)
        self._workshop.sender.send("customer.deleted", customerId=identity)
        return NO_CONTENT

    def list(self, request: Request) -> Response:
        status = request.parameter("status", one_of(*STATUSES))
        address = request.parameter("email", email)
        limit = request.number("limit", 20, 1, 50)
        cursor = request.parameter("cursor", self._cursor)
        rows = ordered(self._rows(request), self._has)
        if cursor is None or not self._has("cursor-loses-filter"):
            rows = [row for row in rows if self._matches(row[1], status, address)]
        shown, following = by_cursor(rows, cursor, limit, self._has)
        if self._has("list-stale"):
            shown = [(record, record.first) for record, _ in shown]
        items = [self._workshop.shown(_KIND, value) for _, value in shown]
        page: Value = {"items": items, "nextCursor": following}
        if self._has("more-properties"):
            page |= {"count": len(items), "requestId": now()}
        return Response(200, page)

    def _cursor(self, given: str) -> Any:
        text(1, 200)(given)
        try:
            return read_cursor(given, self._has)
        except Invalid:
            if self._has("cursor-ignored"):
                return None
            raise

    def _rows(self, request: Request) -> Sequence[Row]:
        rows = [*self._workshop.rows(request, _KIND, "tenant-ignored-in-lists")]
        if self._has("deleted-listed"):
            known = self._store.all(_KIND)
            rows = [(one, one.last) for one in known if one.tenant == request.tenant]
        return rows[:-1] if self._has("list-lacks-newest") else rows

    def _matches(self, value: Value, status: str | None, address: str | None) -> bool:
        if self._has("status-filter-ignored"):
            status = None
        if status is not None and value.get("status") != status:
            return False
        if address is None:
            return True
        known: str = value["email"]
        if self._has("lower-email") or self._has("case-insensitive-filter"):
            known, address = known.lower(), address.lower()
        if self._has("email-filter-prefix"):
            return known.startswith(address)
        if self._has("email-filter-user"):
            return known.partition("@")[0] == address.partition("@")[0]
        return known == address


def _own(value: Value) -> Value:
    """Return the properties that the service sets."""
    return {name: value[name] for name in ("id", "createdAt", "updatedAt") if name in value}


def _without_null(patch: Value) -> Value:
    return {
        name: _without_null(one) if isinstance(one, dict) else one
        for name, one in patch.items()
        if one is not None
    }
