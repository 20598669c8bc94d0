"""PostgreSQL database of several sinks: connections, transactions, tables, notifications.

The only module that imports psycopg, and only for a store in PostgreSQL.
"""

import logging
import selectors
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from webhook_sink.storage.location import PostgresUrl
from webhook_sink.storage.store import StoreError

if TYPE_CHECKING:
    import psycopg

Connection: TypeAlias = "psycopg.Connection[Any]"
_log = logging.getLogger("hookproof.sink")
_DEFAULT_SCHEMA = "hookproof"
_APPLICATION_ID = int.from_bytes(b"hpsk")
"""First key of the advisory lock under which a sink creates the tables."""
_CONNECTION_DEFAULTS = {
    "fallback_application_name": "hookproof sink",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""Parameters of libpq that the URL may replace: a server that vanished is noticed in seconds."""
_SESSION = """
    SELECT set_config('lock_timeout', %s, false), set_config('search_path', quote_ident(%s), false),
        set_config('idle_in_transaction_session_timeout', '30s', false),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""
"""Limits of a session, so that no sink waits for a lock of a sink that hangs. A commit is durable
when it returns, as the sink promises; a stricter or weaker level of replication stays."""
_LISTEN_RETRY_S = 1.0
_CATCH_UP_INTERVAL_S = 5.0


class PostgresDatabase:
    """One schema of a PostgreSQL database. From any thread; errors are `StoreError`.

    It has a connection for reads and one for writes. Each is opened when it is needed, and again
    after it broke.
    """

    def __init__(
        self,
        url: PostgresUrl,
        tables: str,
        columns: Mapping[str, list[str]],
        lock_timeout: float,
    ) -> None:
        """Take the statements that create `tables`, and their columns by table."""
        self._url = url
        self._lock_timeout = f"{round(lock_timeout * 1000)}ms"
        self._tables = tables
        self._columns = columns
        self._psycopg = _import_psycopg()
        self.schema = ""
        """Name of the schema, and of the channel of its notifications."""
        self._reader, self._writer = _Slot(), _Slot()

    def open(self, version: int) -> None:
        """Create schema and tables of this `version` if they are missing.

        Several processes may do so at once. Tables of another program or a newer version are
        an error and are not changed.
        """
        with self.transaction() as connection:
            lock = zlib.crc32(self.schema.encode()) - 2**31
            connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_APPLICATION_ID, lock))
            found = self._found_columns(connection)
            if not found.keys() & self._columns.keys():
                self._create(connection)
                return
            versions = []
            if found.get("store_version") == self._columns["store_version"]:
                versions = connection.execute("SELECT version FROM store_version").fetchall()
            newest = max((number for (number,) in versions), default=0)
            if newest > version:
                raise StoreError(
                    f"the schema {self.schema} of {self._url} was written by a newer hookproof; "
                    "update hookproof"
                )
            if newest < version or any(found.get(t) != c for t, c in self._columns.items()):
                foreign = min(found.keys() & self._columns.keys())
                raise StoreError(
                    f"the schema {self.schema} of {self._url} has a table {foreign} that was not "
                    "written by hookproof; name another schema: "
                    "postgresql://HOST/DATABASE?options=-csearch_path%3DNAME"
                )

    def rows(self, statement: str, *values: object) -> Sequence[Any]:
        """Return the rows of a statement that only reads."""
        with self._connected(self._reader, "cannot be read") as connection:
            return connection.execute(statement.encode(), values, binary=True).fetchall()

    def write(self, statement: str, *values: object) -> Sequence[Any]:
        """Run one statement as a transaction, in one round trip; return its rows."""
        with self._connected(self._writer, "cannot be written") as connection:
            return connection.execute(statement.encode(), values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run the block as a transaction; commit at its end."""
        with (
            self._connected(self._writer, "cannot be written") as connection,
            connection.transaction(),
        ):
            yield connection

    @contextmanager
    def separate_connection(self) -> Iterator[Connection]:
        """Yield a connection for one thread, and close it at the end."""
        slot = _Slot()
        try:
            with self._connected(slot, "cannot be read") as connection:
                yield connection
        finally:
            slot.close()

    def close(self) -> None:
        """Close the connections."""
        for slot in (self._reader, self._writer):
            with slot.lock:
                slot.close()

    @contextmanager
    def _connected(self, slot: "_Slot", problem: str) -> Iterator[Connection]:
        with slot.lock:
            try:
                connection = slot.connection
                # Nothing may be readable on an idle connection, except the server's goodbye.
                if connection is None or is_readable(connection.fileno(), timeout=0):
                    slot.close()
                    connection = slot.connection = self._connect()
                yield connection
            except (self._psycopg.Error, OSError) as error:
                if slot.connection is not None and slot.connection.closed:
                    slot.close()
                raise StoreError(f"the store {self._url} {problem}: {self._said(error)}") from None

    def _connect(self) -> Connection:
        parameters = {
            **_CONNECTION_DEFAULTS,
            **self._psycopg.conninfo.conninfo_to_dict(self._url.text),
            "client_encoding": "utf8",
        }
        connection: Connection = self._psycopg.connect(**parameters, autocommit=True)
        try:
            if not self.schema:
                self.schema = _named_schema(connection)
            connection.execute(_SESSION, (self._lock_timeout, self.schema))
        except BaseException:
            connection.close()
            raise
        return connection

    def _said(self, error: Exception) -> str:
        """Return the message of an error in one line, without a password of the URL."""
        said = " ".join(str(error).split()) or type(error).__name__
        for secret in self._url.secrets:
            said = said.replace(secret, "***")
        return said

    def _found_columns(self, connection: Connection) -> Mapping[str, list[str]]:
        """Return the columns of all relations in the schema, which may not exist."""
        found: dict[str, list[str]] = {}
        for table, column in connection.execute(
            """
            SELECT relname, attname FROM pg_attribute
            JOIN pg_class ON attrelid = pg_class.oid
            JOIN pg_namespace ON relnamespace = pg_namespace.oid
            WHERE nspname = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """,
            (self.schema,),
        ):
            found.setdefault(table, []).append(column)
        return found

    def _create(self, connection: Connection) -> None:
        known = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if connection.execute(known, (self.schema,)).fetchone() is None:
            name = self._psycopg.sql.Identifier(self.schema)
            connection.execute(self._psycopg.sql.SQL("CREATE SCHEMA {}").format(name))
        connection.execute(self._tables.encode())


class PostgresListener:
    """Thread that receives the notifications of a database, and catches up after each connection.

    `with PostgresListener(...):` listens until the block ends.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        on_notification: Callable[[str], None],
        catch_up: Callable[[Connection, bool], None],
    ) -> None:
        """`on_notification` gets the payload of each notification.

        `catch_up` gets the connection, and whether notifications may have been lost.
        """
        self._database = database
        self._on_notification = on_notification
        self._catch_up = catch_up
        self._stopping = threading.Event()
        self._wake_end, self._waiting_end = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="hookproof-sink-listening")

    def __enter__(self) -> None:
        """Start the thread."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Return once the thread has ended."""
        self._stopping.set()
        self._wake_end.send(b"\0")
        self._thread.join()
        self._wake_end.close()
        self._waiting_end.close()

    def _run(self) -> None:
        last_error = ""
        lost = False
        while not self._stopping.is_set():
            try:
                with self._database.separate_connection() as connection:
                    connection.execute(f'LISTEN "{_quoted(self._database.schema)}"'.encode())
                    self._catch_up(connection, lost)
                    if last_error:
                        _log.warning("deliveries of other sinks are seen again")
                    last_error = ""
                    self._listen(connection)
            except StoreError as error:
                if str(error) != last_error and not self._stopping.is_set():
                    last_error = str(error)
                    _log.error("deliveries of other sinks are not seen: %s", last_error)
                lost = True
                self._stopping.wait(_LISTEN_RETRY_S)

    def _listen(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            for notification in connection.notifies(timeout=0):
                self._on_notification(notification.payload)
            waiting = self._waiting_end.fileno()
            if not is_readable(connection.fileno(), waiting, timeout=_CATCH_UP_INTERVAL_S):
                self._catch_up(connection, False)  # it also shows whether the connection works


class _Slot:
    """Place of one connection, and the lock of its user."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.connection: Connection | None = None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def is_readable(*files: int, timeout: float) -> bool:
    """Say whether one of the file descriptors can be read within `timeout` seconds."""
    with selectors.DefaultSelector() as selector:
        for file in files:
            selector.register(file, selectors.EVENT_READ)
        return bool(selector.select(timeout))


def _named_schema(connection: Connection) -> str:
    """Return the schema that the URL or `PGOPTIONS` names with `search_path`, or the default."""
    found = connection.execute(
        "SELECT (parse_ident(split_part(setting, ',', 1)))[1]::name FROM pg_settings "
        "WHERE name = 'search_path' AND source = 'client' AND setting <> ''"
    ).fetchone()
    return str(found[0]) if found else _DEFAULT_SCHEMA


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _import_psycopg() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError:  # also for psycopg without its binary part
        raise StoreError(
            "a PostgreSQL store needs the package psycopg: install hookproof[postgres]"
        ) from None
    return psycopg
