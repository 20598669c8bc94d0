"""PostgreSQL server of the tests: an own data directory, an unprivileged user, a free port."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from openapi.http.free_port import free_port

PASSWORD = "p@ss word/of?the#tests"
"""Password of the user, which a URL has to encode."""
_ENCODED_PASSWORD = "p%40ss%20word%2Fof%3Fthe%23tests"
_USER = "sinks"
_numbers = count(1)


def find_binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, or None."""
    beside = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = [Path(beside).resolve().parent] if beside else debian
    return found[-1] if found else None


class PostgresServer:
    """Server on a port of loopback, with durable commits and its data in `folder`."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        self._data = folder / "data"
        self._sockets = folder
        self._port = free_port()
        # PostgreSQL refuses to run as root.
        self._owner = _unprivileged() if os.geteuid() == 0 else None
        if self._owner is not None:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        options = ["-U", _USER, "-A", "scram-sha-256", "--pwfile", str(password), "--no-sync"]
        created = self._popen("initdb", *options, "-E", "UTF8", "--locale", "C")
        out, _ = created.communicate()
        assert created.returncode == 0, out

    def new_url(self, user: str = f"{_USER}:{_ENCODED_PASSWORD}") -> str:
        """Return the URL of a schema that does not exist yet."""
        schema = f"test_{os.getpid()}_{next(_numbers)}"
        place = f"127.0.0.1:{self._port}/postgres"
        return f"postgresql://{user}@{place}?options=-csearch_path%3D{schema}"

    def start(self) -> None:
        """Start the server; return once it accepts connections."""
        self._process = self._popen(
            "postgres", "-p", str(self._port), "-h", "127.0.0.1", "-k", str(self._sockets)
        )
        log = self._process.stdout
        assert log is not None
        lines = []
        for line in log:
            lines.append(line)
            if "ready to accept connections" in line:
                break
        else:
            raise AssertionError("".join(lines))
        self._drain = threading.Thread(target=log.read)  # a full pipe would block the server
        self._drain.start()

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        self._drain.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _popen(self, program: str, *options: str) -> subprocess.Popen[str]:
        owner = self._owner
        return subprocess.Popen(
            [str(self.binaries / program), "-D", str(self._data), *options],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=None if owner is None else owner.pw_uid,
            group=None if owner is None else owner.pw_gid,
            extra_groups=None if owner is None else [],
        )


@contextmanager
def running_postgres(binaries: Path) -> Iterator[PostgresServer]:
    """Start a server; stop it and remove its data at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hookproof-postgres-"))
    try:
        server = PostgresServer(binaries, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _unprivileged() -> pwd.struct_passwd:
    """Return the user that runs the server if the tests run as root."""
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]
