"""Store in PostgreSQL: several stores of one database, errors, and no password in any message."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from time import monotonic

import psycopg
import pytest
from support.postgres import PASSWORD, PostgresServer, running_postgres
from support.processes import hookproof

from openapi.http.free_port import free_port
from webhook_sink.delivery import Delivery, ForwardAttempt
from webhook_sink.storage.location import PostgresUrl, parse_location
from webhook_sink.storage.postgres_store import PostgresStore
from webhook_sink.storage.retention import RetentionLimits, StoreTotals
from webhook_sink.storage.store import StoreBusy, StoreError

pytestmark = pytest.mark.integration

DEADLINE = 30.0
"""Seconds to wait for a notification."""


@pytest.fixture
def url(postgres_server: PostgresServer) -> PostgresUrl:
    return PostgresUrl(postgres_server.new_url())


@pytest.fixture
def store(url: PostgresUrl) -> Iterator[PostgresStore]:
    with closing(PostgresStore(url)) as opened:
        yield opened


@contextmanager
def opened(url: PostgresUrl, count: int) -> Iterator[Sequence[PostgresStore]]:
    with ExitStack() as stack:
        yield [stack.enter_context(closing(PostgresStore(url))) for _ in range(count)]


def execute(url: PostgresUrl, *statements: str) -> None:
    with closing(psycopg.connect(url.text, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def attempt(delivery_id: int) -> ForwardAttempt:
    return ForwardAttempt(
        id=0,
        delivery_id=delivery_id,
        action="resend",
        url="http://127.0.0.1/\x00",
        at=1.0,
        seconds=0.5,
        status=None,
        headers=(),
        body=b"",
        truncated=False,
        error="refused \x00",
    )


def test_stores_that_start_at_once_create_the_tables_once(
    url: PostgresUrl, draft: Delivery
) -> None:
    with ThreadPoolExecutor(8) as pool, ExitStack() as stack:
        opening = [pool.submit(PostgresStore, url) for _ in range(8)]
        stores = [stack.enter_context(closing(future.result())) for future in opening]
        ids = [one.append([draft])[0].id for one in stores]
    assert ids == list(range(1, 9))


def test_no_id_becomes_visible_after_a_greater_one(url: PostgresUrl, draft: Delivery) -> None:
    # Large bodies, so that some commits take longer than others.
    drafts = [replace(draft, body=bytes(size)) for size in (300_000, 30_000, 3, 2)]
    with opened(url, 5) as (reader, *writers), ThreadPoolExecutor(4) as pool:

        def append(writer: PostgresStore, small: Delivery) -> int:
            return sum(len(writer.append([small] * 3)) for _ in range(40))

        storing = [pool.submit(append, *each) for each in zip(writers, drafts, strict=True)]
        seen: list[int] = []
        while not all(future.done() for future in storing):
            seen += reader.ids(after=seen[-1] if seen else 0)
        seen += reader.ids(after=seen[-1])
        assert [future.result() for future in storing] == [120] * 4
        assert seen == list(range(1, 481))


def test_stores_that_prune_at_once_remove_each_delivery_once(
    url: PostgresUrl, draft: Delivery
) -> None:
    small = replace(draft, headers=(), body=b"12345")
    with opened(url, 4) as stores, ThreadPoolExecutor(4) as pool:
        stores[0].append([small] * 3000)
        removed = list(pool.map(lambda s: s.prune(RetentionLimits(count=10), 0.0), stores))
        assert sum(removed) == 2990
        assert stores[0].totals() == StoreTotals(10, 70, 2990)


@dataclass
class Observer:
    """Observer that puts each report into a queue."""

    reports: "SimpleQueue[tuple[str, object]]" = field(default_factory=SimpleQueue)

    def stored(self, last_id: int) -> None:
        self.reports.put(("stored", last_id))

    def removed(self, ids: Sequence[int] = ()) -> None:
        self.reports.put(("removed", list(ids)))

    def changed(self, delivery_id: int) -> None:
        self.reports.put(("changed", delivery_id))

    def missed(self) -> None:
        self.reports.put(("missed", None))

    def next(self, *kinds: str) -> tuple[str, object]:
        """Return the next report of one of these kinds."""
        end = monotonic() + DEADLINE
        while (report := self.reports.get(timeout=end - monotonic()))[0] not in kinds:
            pass
        return report


def test_changes_of_other_stores_are_observed(url: PostgresUrl, draft: Delivery) -> None:
    observer = Observer()
    with opened(url, 2) as (own, other):
        other.append([draft])
        with own.observe(observer):
            assert observer.next("stored") == ("stored", 1)  # it was stored before
            for _ in range(5):
                other.append([draft])
            # A report for each: those without a notification have only the last.
            assert [observer.next("stored") for _ in range(5)] == [
                ("stored", n) for n in range(2, 7)
            ]
            own.add_forward_attempt(attempt(1))  # no report: the pages of this sink know it
            own.remove([1])
            other.add_forward_attempt(attempt(2))
            assert observer.next("changed", "removed") == ("changed", 2)
            other.remove([2, 3])
            assert observer.next("changed", "removed") == ("removed", [2, 3])
            other.append([draft] * 2)
            other.prune(RetentionLimits(count=1), 0.0)
            assert observer.next("changed", "removed") == ("removed", [])
            other.clear()
            assert observer.next("changed", "removed") == ("removed", [])


def test_a_restarted_database_is_used_and_observed_again(
    postgres_server: PostgresServer, draft: Delivery
) -> None:
    with running_postgres(postgres_server.binaries) as server:
        url, observer = PostgresUrl(server.new_url()), Observer()
        with opened(url, 2) as (own, other), own.observe(observer):
            own.append([draft])
            server.stop()
            for store in (own, other):
                with pytest.raises(StoreError, match=r"cannot be written: .*refused"):
                    store.append([draft])
                with pytest.raises(StoreError, match="cannot be read"):
                    store.list()
            server.start()
            assert other.append([draft])[0].id == 2
            assert own.append([draft])[0].id == 3
            assert [one.id for one in own.list()] == [1, 2, 3]
            assert observer.next("missed")
            other.append([draft])
            while observer.next("stored") != ("stored", 4):
                pass


def test_texts_may_contain_nul(store: PostgresStore, draft: Delivery) -> None:
    (stored,) = store.append([replace(draft, target="/\x00\xff")])
    kept = store.add_forward_attempt(attempt(stored.id))
    assert store.get(1) == stored
    assert store.metadata([1])[0].target == "/\x00\xff"
    assert store.forward_attempts(1) == (kept,)


def test_a_batch_is_committed_in_a_thread(store: PostgresStore, draft: Delivery) -> None:
    with pytest.raises(StoreBusy):
        store.append([draft], wait=False)
    assert store.list() == ()


def test_a_lock_longer_than_the_timeout_is_an_error(url: PostgresUrl, draft: Delivery) -> None:
    with (
        closing(PostgresStore(url, lock_timeout=0.05)) as store,
        closing(psycopg.connect(url.text)) as holder,
    ):
        holder.execute("SELECT * FROM totals FOR UPDATE")
        with pytest.raises(StoreError, match="lock timeout"):
            store.append([draft])
        holder.rollback()
        assert store.append([draft])[0].id == 1


def test_a_commit_is_durable_whatever_the_default_of_the_server(
    postgres_server: PostgresServer,
) -> None:
    text = postgres_server.new_url().replace("?options=", "?options=-csynchronous_commit%3Doff%20")
    with closing(PostgresStore(PostgresUrl(text))) as store:
        assert store._database.write("SELECT current_setting('synchronous_commit')") == [("on",)]


def test_the_schema_is_hookproof_unless_the_url_names_one(postgres_server: PostgresServer) -> None:
    text = postgres_server.new_url()
    with closing(PostgresStore(PostgresUrl(text.partition("?")[0]))) as store:
        assert store._database.schema == "hookproof"
    with closing(
        PostgresStore(PostgresUrl(text.replace("test_", "%22Odd-%22%22") + "%22"))
    ) as store:
        assert store._database.schema.startswith('Odd-"')


def test_other_tables_of_the_schema_stay(url: PostgresUrl, draft: Delivery) -> None:
    PostgresStore(url).close()
    execute(url, "CREATE TABLE others (id int)")
    with closing(PostgresStore(url)) as store:
        assert store.append([draft])[0].id == 1


def test_refuses_a_table_of_another_program(url: PostgresUrl) -> None:
    schema = url.text.rpartition("%3D")[2]
    execute(url, f"CREATE SCHEMA {schema}", "CREATE TABLE deliveries (name text)")
    with pytest.raises(
        StoreError, match="has a table deliveries that was not written by hookproof"
    ):
        PostgresStore(url)
    execute(url, "INSERT INTO deliveries VALUES ('unchanged')")


def test_refuses_changed_columns(url: PostgresUrl) -> None:
    PostgresStore(url).close()
    execute(url, "ALTER TABLE deliveries DROP COLUMN reply")
    with pytest.raises(StoreError, match="was not written by hookproof; name another schema"):
        PostgresStore(url)


def test_names_a_store_of_a_newer_version(url: PostgresUrl) -> None:
    PostgresStore(url).close()
    execute(url, "UPDATE store_version SET version = 7")
    with pytest.raises(StoreError, match="was written by a newer hookproof; update hookproof"):
        PostgresStore(url)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:hidden@x@h/d",
        "postgresql://u:hid/den@h/d",
        "postgresql://u:hid?den@h/d",
        "postgresql://u:hid#den@h/d",
        "postgresql://u:hid den@h/d",
        "postgresql://u:hid:den@h/d",
        "postgresql://u:hidden@h:port/d",
        "postgresql://u:hidden@h/d?hidden",
    ],
)
def test_an_invalid_url_is_a_usage_error_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match="write a PostgreSQL store as") as raised:
        parse_location(text)
    assert "hid" not in str(raised.value)
    done = hookproof("sink", "--port", "0", "--store", text)
    assert done.returncode == 2
    assert "--store" in done.stderr
    assert "hid" not in done.stderr + done.stdout


@pytest.mark.parametrize("place", ["user", "port", "parameter", "database"])
def test_no_error_has_the_password(postgres_server: PostgresServer, place: str) -> None:
    text = postgres_server.new_url()
    if place == "user":
        text = text.replace("sinks:", "another:")
    elif place == "port":
        text = f"postgresql://sinks:{text.partition(':')[2].partition(':')[2].partition('@')[0]}@127.0.0.1:{free_port()}/x"
    elif place == "parameter":
        text = f"{text}&password=hidden&sslmode=hidden"
    else:
        text = text.replace("/postgres?", "/another?")
    done = hookproof("sink", "--port", "0", "--store", text)
    assert done.returncode == 2
    assert done.stderr.startswith("hookproof: the store postgresql://")
    assert done.stderr.count("\n") == 1
    for secret in (PASSWORD, "p%40ss", "p@ss", "hidden"):
        assert secret not in done.stderr + done.stdout
    url = parse_location(text)
    assert not {"p%40ss", "hidden"} & set(repr(url).split("'"))
    assert "p%40ss" not in f"{url!r} {url}"


def python(source: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_the_extra_the_command_names_it() -> None:
    done = python(
        "import sys; sys.modules['psycopg'] = None\n"  # as in an installation without the extra
        "from hookproof.cli import main\n"
        "sys.exit(main(['sink', '--port', '0', '--store', 'postgresql://127.0.0.1/x']))"
    )
    assert (done.returncode, done.stderr) == (
        2,
        "hookproof: a PostgreSQL store needs the package psycopg: install hookproof[postgres]\n",
    )


def test_a_sink_with_a_file_imports_no_psycopg() -> None:
    done = python(
        "import sys\n"
        "import hookproof.commands.sink\n"
        "from webhook_sink.storage.open_store import open_store\n"
        "open_store(None).close()\n"
        "sys.exit('psycopg' in sys.modules or 'webhook_sink.storage.postgres_store' in sys.modules)"
    )
    assert (done.returncode, done.stderr) == (0, "")
