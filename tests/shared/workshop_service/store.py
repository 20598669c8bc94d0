"""Records of all resources with all of their versions, in memory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Value = dict[str, Any]


@dataclass
class Record:
    """One resource; a version without a value is its deletion."""

    kind: str
    tenant: str
    parent: Any
    id: Any
    number: int
    versions: list[tuple[float, Value | None]] = field(default_factory=list)
    was_read: bool = False

    @property
    def value(self) -> Value | None:
        """The newest version."""
        return self.versions[-1][1]

    @property
    def last(self) -> Value:
        """The newest version that is no deletion."""
        return next(value for _, value in reversed(self.versions) if value is not None)

    @property
    def first(self) -> Value:
        """The first version."""
        return self.versions[0][1] or {}

    def before(self, delay: float) -> Value | None:
        """Return the version of `delay` seconds ago; without a delay the newest one."""
        if not delay:
            return self.value
        moment = time.monotonic() - delay
        return next((value for made, value in reversed(self.versions) if made <= moment), None)


class Store:
    """All records, by kind and id; the caller holds the lock of the service."""

    def __init__(self) -> None:
        self._records: dict[str, dict[Any, Record]] = {}
        self._number = 0

    def next_number(self) -> int:
        """Return a number that no other call gets."""
        self._number += 1
        return self._number

    def add(self, kind: str, tenant: str, parent: Any, value: Value) -> Record:
        """Add a record with the id in `value`; it replaces one with the same id."""
        record = Record(kind, tenant, parent, value["id"], self.next_number())
        self._records.setdefault(kind, {})[record.id] = record
        self.change(record, value)
        return record

    def change(self, record: Record, value: Value | None) -> None:
        """Add a version; None deletes."""
        record.versions.append((time.monotonic(), value))

    def find(self, kind: str, identity: Any) -> Record | None:
        """Return a record, which may be deleted."""
        return self._records.get(kind, {}).get(identity)

    def all(self, kind: str) -> Iterator[Record]:
        """Yield the records of all tenants, deleted ones too, the oldest first."""
        return iter(sorted(self._records.get(kind, {}).values(), key=lambda one: one.number))
