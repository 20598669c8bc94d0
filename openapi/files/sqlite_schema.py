"""Schema of an SQLite file, and the recognition of files of other programs and versions."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

FOREIGN = "was not written by hookproof"
"""Reason of an `UnusableFile` of another program."""


class UnusableFile(Exception):
    """Database that another program or another version wrote; the message says which."""


class Conversion(NamedTuple):
    """Conversion of a file of an earlier version."""

    tables: str
    """Statements that created its tables."""
    statements: str
    """Statements that convert them."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Schema of one kind of file."""

    version: int
    """Value of the file's `user_version`."""
    application_id: int
    """Value of the file's `application_id`; files of earlier releases have 0."""
    script: str
    """Statements that create the tables."""
    conversions: Mapping[int, Conversion] = field(default_factory=dict)
    """Conversions by the version of the file."""

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables."""
        return frozenset(_created_columns(self.script))

    def missing(self, connection: sqlite3.Connection) -> str:
        """Return the statements that the database needs; it only reads.

        Raise `UnusableFile` for a database of another program, or of a version without conversion.
        """
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if not (application or version or found):
            return self.script
        own = _created_columns(self.script)
        if application not in (0, self.application_id):
            raise UnusableFile(FOREIGN)
        if version == self.version and found >= own.keys():
            return self._checked("", connection, own)
        if version in self.conversions:
            tables, statements = self.conversions[version]
            return self._checked(statements, connection, _created_columns(tables))
        is_own = application == self.application_id
        if version > self.version and (is_own or found >= own.keys()):
            raise UnusableFile("was written by a newer hookproof; update hookproof")
        if 0 < version < self.version and (is_own or found & own.keys()):
            raise UnusableFile("was written by an older hookproof, and cannot be converted")
        raise UnusableFile(FOREIGN)

    def _checked(
        self, statements: str, connection: sqlite3.Connection, expected: Mapping[str, list[str]]
    ) -> str:
        if any(_columns(connection, table) != names for table, names in expected.items()):
            raise UnusableFile(FOREIGN)
        return statements


def _created_columns(script: str) -> Mapping[str, list[str]]:
    """Return the columns of each table that `script` creates."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        return {name: _columns(connection, name) for (name,) in connection.execute(tables)}


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return [name for (name,) in found]
