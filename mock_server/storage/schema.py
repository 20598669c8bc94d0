"""SQL schema and statements of the state database."""

from openapi.files.sqlite_file import Schema

_TABLES = """
    CREATE TABLE created (
        id INTEGER PRIMARY KEY, operation TEXT NOT NULL, claim TEXT UNIQUE, at REAL NOT NULL,
        request BLOB NOT NULL, size INTEGER NOT NULL
    );
    CREATE TABLE resources (
        operation TEXT NOT NULL, "values" TEXT NOT NULL, resource TEXT NOT NULL,
        PRIMARY KEY (operation, "values")
    ) WITHOUT ROWID;
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, about INTEGER, record TEXT NOT NULL
    );
    CREATE INDEX journal_kind ON journal (kind, id);
    CREATE INDEX journal_about ON journal (about) WHERE about IS NOT NULL;
    CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE overrides (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, requests INTEGER NOT NULL
    );
    CREATE TABLE hits (client TEXT NOT NULL, at REAL NOT NULL);
    CREATE INDEX hits_client ON hits (client, at);
"""
SCHEMA = Schema(1, _TABLES)

INSERT_CREATED = "INSERT OR IGNORE INTO created VALUES (NULL, ?, ?, ?, ?, ?)"
SELECT_CREATED = """
    SELECT id, operation, at, request, size FROM created
    WHERE operation IN (SELECT value FROM json_each(?)) AND id < ? ORDER BY id DESC LIMIT ?
"""
INSERT_RESOURCE = (
    'INSERT OR REPLACE INTO resources (operation, "values", resource) VALUES (?, ?, ?)'
)
SELECT_RESOURCE = 'SELECT 1 FROM resources WHERE operation = ? AND "values" = ?'
DELETE_RESOURCE = """
    DELETE FROM resources WHERE resource = (
        SELECT resource FROM resources WHERE operation = ? AND "values" = ?
    )
"""
