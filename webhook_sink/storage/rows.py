"""Tables of the store, and conversion between records and rows."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from openapi.files.sqlite_schema import Conversion, Schema
from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt, Headers

_Record = TypeVar("_Record", Delivery, DeliveryMetadata)
# The body is the last column: SQLite can read the others without it.
_TABLES = """
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at REAL NOT NULL,
        method TEXT NOT NULL,
        target TEXT NOT NULL,
        remote TEXT NOT NULL,
        size INTEGER NOT NULL,
        truncated INTEGER NOT NULL,
        status INTEGER NOT NULL,
        reply TEXT NOT NULL,
        began_at REAL NOT NULL,
        version TEXT NOT NULL,
        headers TEXT NOT NULL, -- JSON: pairs of Latin-1 text
        body BLOB NOT NULL
    );
    CREATE TABLE passed (
        id INTEGER PRIMARY KEY,
        delivery_id INTEGER NOT NULL,
        why TEXT NOT NULL,
        url TEXT NOT NULL,
        at REAL NOT NULL,
        seconds REAL NOT NULL,
        status INTEGER,
        headers TEXT NOT NULL,
        body BLOB NOT NULL,
        truncated INTEGER NOT NULL,
        error TEXT
    );
    CREATE INDEX passed_of ON passed (delivery_id);
    CREATE TABLE totals (count INTEGER NOT NULL, bytes INTEGER NOT NULL, removed INTEGER NOT NULL);
    INSERT INTO totals VALUES (0, 0, 0);
"""
# Version 1 had one table, and neither `began_at` nor forward attempts.
_TABLES_OF_1 = """
    CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        received_at REAL NOT NULL,
        method TEXT NOT NULL,
        target TEXT NOT NULL,
        headers TEXT NOT NULL,
        body BLOB NOT NULL,
        truncated INTEGER NOT NULL,
        remote TEXT NOT NULL,
        status INTEGER NOT NULL
    );
"""
_MIGRATE_FROM_1 = f"""
    ALTER TABLE deliveries RENAME TO first_deliveries;
    {_TABLES}
    INSERT INTO deliveries SELECT id, received_at, method, target, remote, length(body), truncated,
        status, '', 0, '1.1', headers, body FROM first_deliveries ORDER BY id;
    UPDATE totals SET (count, bytes) = (
        SELECT count(*), ifnull(sum(size + length(headers)), 0) FROM deliveries);
    DROP TABLE first_deliveries;
"""  # noqa: S608 - no text from outside
_APPLICATION_ID = int.from_bytes(b"hpsk")
SCHEMA = Schema(2, _APPLICATION_ID, _TABLES, {1: Conversion(_TABLES_OF_1, _MIGRATE_FROM_1)})
METADATA_COLUMNS = "id, received_at, method, target, remote, size, truncated, status, reply"
DELIVERY_COLUMNS = f"{METADATA_COLUMNS}, began_at, version, headers, body"
FORWARD_ATTEMPT_COLUMNS = (
    "id, delivery_id, why, url, at, seconds, status, headers, body, truncated, error"
)


def insert_statement(table: str, columns: str, rows: int = 1) -> str:
    """Return the statement that inserts rows; SQLite assigns the id, the first of `columns`."""
    named = columns.partition(", ")[2]
    marks = ", ".join("?" * len(named.split(", ")))
    values = ", ".join([f"({marks})"] * rows)
    return f"INSERT INTO {table} ({named}) VALUES {values}"  # noqa: S608 - no text from outside


def delivery_row(draft: Delivery) -> tuple[object, ...]:
    """Return the values of `DELIVERY_COLUMNS` except the id."""
    return (
        draft.received_at,
        draft.method,
        draft.target,
        draft.remote,
        len(draft.body),
        draft.truncated,
        draft.status,
        draft.reply,
        draft.head_received_at,
        draft.version,
        _headers_to_json(draft.headers),
        draft.body,
    )


def stored_bytes(row: Sequence[Any]) -> int:
    """Return the number of bytes of body and headers in a row of `delivery_row`."""
    return len(row[-1]) + len(row[-2])


def delivery_from_row(row: Sequence[Any]) -> Delivery:
    """Return the record of a row of `DELIVERY_COLUMNS`."""
    number, received, method, target, remote, _, truncated, status, reply, began, version, *rest = (
        row
    )
    headers, body = rest
    return Delivery(
        id=number,
        received_at=received,
        method=method,
        target=target,
        headers=_headers_from_json(headers),
        body=body,
        truncated=bool(truncated),
        remote=remote,
        status=status,
        head_received_at=began,
        version=version,
        reply=reply,
    )


def metadata_from_row(row: Sequence[Any]) -> DeliveryMetadata:
    """Return the record of a row of `METADATA_COLUMNS`."""
    number, received, method, target, remote, size, truncated, status, reply = row
    return DeliveryMetadata(
        number, received, method, target, remote, size, bool(truncated), status, reply
    )


def in_order(ids: Sequence[int], found: Iterable[_Record]) -> tuple[_Record, ...]:
    """Return the records that were found, in the order of `ids`."""
    known = {record.id: record for record in found}
    return tuple(known[number] for number in ids if number in known)


def forward_attempt_row(forward_attempt: ForwardAttempt) -> tuple[object, ...]:
    """Return the values of `FORWARD_ATTEMPT_COLUMNS` except the id."""
    return (
        forward_attempt.delivery_id,
        forward_attempt.action,
        forward_attempt.url,
        forward_attempt.at,
        forward_attempt.seconds,
        forward_attempt.status,
        _headers_to_json(forward_attempt.headers),
        forward_attempt.body,
        forward_attempt.truncated,
        forward_attempt.error,
    )


def forward_attempt_from_row(row: Sequence[Any]) -> ForwardAttempt:
    """Return the record of a row of `FORWARD_ATTEMPT_COLUMNS`."""
    number, delivery, why, url, at, seconds, status, headers, body, truncated, error = row
    pairs = _headers_from_json(headers)
    return ForwardAttempt(
        number, delivery, why, url, at, seconds, status, pairs, body, bool(truncated), error
    )


def _headers_to_json(headers: Headers) -> str:
    return json.dumps(
        [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
    )


def _headers_from_json(text: str) -> Headers:
    return tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in json.loads(text))
