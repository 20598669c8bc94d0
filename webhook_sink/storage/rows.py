"""The tables of the store's file, and how records stand in their rows."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from webhook_sink.delivery import Delivery, DeliveryMetadata, ForwardAttempt, Headers

SCHEMA_VERSION = 2
"""Kept in the file's `user_version`; a file of a later format is refused."""
# The body stands last: what stands before it can be read without it.
_SCHEMA = """
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
# The first format had one table, and neither `began_at` nor what was passed on.
_MIGRATE_FROM_1 = """
    ALTER TABLE deliveries RENAME TO first_deliveries;
    {tables}
    INSERT INTO deliveries SELECT id, received_at, method, target, remote, length(body), truncated,
        status, '', 0, '1.1', headers, body FROM first_deliveries ORDER BY id;
    UPDATE totals SET (count, bytes) = (
        SELECT count(*), ifnull(sum(size + length(headers)), 0) FROM deliveries);
    DROP TABLE first_deliveries;
"""
METADATA_COLUMNS = "id, received_at, method, target, remote, size, truncated, status, reply"
DELIVERY_COLUMNS = f"{METADATA_COLUMNS}, began_at, version, headers, body"
FORWARD_ATTEMPT_COLUMNS = (
    "id, delivery_id, why, url, at, seconds, status, headers, body, truncated, error"
)


class StoreError(Exception):
    """Deliveries cannot be kept or read; the sentence says where and why."""


class StoreBusy(StoreError):
    """Somebody else writes at this moment, and was not to be waited for."""


def prepare_schema(connection: sqlite3.Connection, path: Path | None) -> None:
    """Make the tables that are missing, within the caller's transaction; raise `StoreError`."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found == SCHEMA_VERSION:
        return
    if found == 0 and not tables:
        script = _SCHEMA
    elif found == 1:
        script = _MIGRATE_FROM_1.format(tables=_SCHEMA)
    else:
        raise StoreError(f"{path} is a database, but none that this hookproof made")
    for statement in script.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def insert_statement(table: str, columns: str, rows: int = 1) -> str:
    """Return the statement that inserts rows of these columns, the first of which is the id."""
    named = columns.partition(", ")[2]
    marks = ", ".join("?" * len(named.split(", ")))
    values = ", ".join([f"({marks})"] * rows)
    return f"INSERT INTO {table} ({named}) VALUES {values}"  # noqa: S608 - both are ours


def delivery_row(draft: Delivery) -> tuple[object, ...]:
    """Return the values of `DELIVERY` but for the id."""
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
    """Return the bytes of body and headers in a row of `row_of`."""
    return len(row[-1]) + len(row[-2])


def delivery_from_row(row: Sequence[Any]) -> Delivery:
    """Return the record of a row of `DELIVERY`."""
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
    """Return the record of a row of `HEAD`."""
    number, received, method, target, remote, size, truncated, status, reply = row
    return DeliveryMetadata(
        number, received, method, target, remote, size, bool(truncated), status, reply
    )


def forward_attempt_row(forward_attempt: ForwardAttempt) -> tuple[object, ...]:
    """Return the values of `PASSED` but for the id."""
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
    """Return the record of a row of `PASSED`."""
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
