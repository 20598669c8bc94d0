"""SQL schema and statements of the state database."""

from openapi.files.sqlite_schema import Schema

_TABLES = """
    CREATE TABLE created (
        id INTEGER PRIMARY KEY, operation TEXT NOT NULL, at REAL NOT NULL, request BLOB NOT NULL,
        size INTEGER NOT NULL
    );
    CREATE TABLE claims (digest BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE resources (
        id INTEGER PRIMARY KEY, collection TEXT NOT NULL, tenant TEXT NOT NULL,
        parent TEXT NOT NULL, document TEXT NOT NULL, claim TEXT, previous TEXT,
        deleted INTEGER NOT NULL
    );
    CREATE INDEX resources_collection ON resources (collection, tenant, parent, id);
    CREATE TABLE keys (
        operation TEXT NOT NULL, "values" TEXT NOT NULL, tenant TEXT NOT NULL,
        resource INTEGER NOT NULL, PRIMARY KEY (operation, "values", tenant)
    ) WITHOUT ROWID;
    CREATE TABLE first_responses (
        key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL,
        headers TEXT NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, about INTEGER, record TEXT NOT NULL
    );
    CREATE INDEX journal_kind ON journal (kind, id);
    CREATE INDEX journal_about ON journal (about) WHERE about IS NOT NULL;
    CREATE TABLE unfinished (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL);
    CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE overrides (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, requests INTEGER NOT NULL
    );
    CREATE TABLE hits (client TEXT NOT NULL, at REAL NOT NULL);
    CREATE INDEX hits_client ON hits (client, at);
"""
_APPLICATION_ID = int.from_bytes(b"hpmk")
SCHEMA = Schema(3, _APPLICATION_ID, _TABLES)

INSERT_CREATED = "INSERT INTO created VALUES (NULL, ?, ?, ?, ?)"
DELETE_OLD_CREATED = "DELETE FROM created WHERE id <= ?"
SELECT_CREATED = """
    SELECT id, operation, at, request, size FROM created
    WHERE operation IN (SELECT value FROM json_each(?)) AND id < ?
    AND id > (SELECT max(id) FROM created) - ? ORDER BY id DESC LIMIT ?
"""
INSERT_CLAIM = "INSERT OR IGNORE INTO claims VALUES (?)"
FREE_CLAIM = "DELETE FROM claims WHERE digest = ?"
MOVE_CLAIM = "UPDATE OR IGNORE claims SET digest = ? WHERE digest = ?"

INSERT_RESOURCE = "INSERT INTO resources VALUES (NULL, ?, ?, ?, ?, ?, NULL, 0)"
INSERT_KEY = (
    'INSERT OR REPLACE INTO keys (operation, "values", tenant, resource) VALUES (?, ?, ?, ?)'
)
FIND_RESOURCE = """
    SELECT * FROM resources WHERE id = (
        SELECT max(resource) FROM keys
        WHERE operation = ? AND "values" = ? AND tenant = coalesce(?, tenant)
    )
"""
SELECT_PAGE = """
    SELECT * FROM resources WHERE collection = ? AND tenant = coalesce(?, tenant)
    AND parent = coalesce(?, parent) AND deleted <= ? AND id < ?
    ORDER BY id DESC LIMIT ? OFFSET ?
"""
COUNT_RESOURCES = """
    SELECT count(*) FROM resources WHERE collection = ? AND tenant = coalesce(?, tenant)
    AND parent = coalesce(?, parent) AND deleted <= ?
"""
HAS_RESOURCES = "SELECT EXISTS (SELECT 1 FROM resources)"
UPDATE_RESOURCE = "UPDATE resources SET document = ?, claim = ?, previous = document WHERE id = ?"
DELETE_RESOURCE = "UPDATE resources SET deleted = 1 WHERE id = ?"
DELETE_CHILDREN = """
    UPDATE resources SET deleted = 1 WHERE collection LIKE ? || '/%' AND tenant = ?
    AND NOT EXISTS (
        SELECT 1 FROM json_each(?) AS given
        WHERE json_extract(resources.parent, '$."' || given.key || '"') IS NOT given.value
    )
"""
"""Deletion of what lies below the path of one resource, with these outer path parameters."""
SELECT_FIRST_RESPONSE = "SELECT request, status, headers, body FROM first_responses WHERE key = ?"
INSERT_FIRST_RESPONSE = "INSERT OR REPLACE INTO first_responses VALUES (?, ?, ?, ?, ?)"
