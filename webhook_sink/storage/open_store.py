"""Opening of the store at a location. It loads the implementation that the location needs."""

from webhook_sink.storage.location import PostgresUrl, StoreLocation
from webhook_sink.storage.store import Store


def open_store(location: StoreLocation | None) -> Store:
    """Open or create the store at `location`, or a temporary one; raise `StoreError`."""
    if isinstance(location, PostgresUrl):
        from webhook_sink.storage.postgres_store import PostgresStore  # noqa: PLC0415 - see above

        return PostgresStore(location)
    from webhook_sink.storage.sqlite_store import SqliteStore  # noqa: PLC0415 - see above

    return SqliteStore(location)
