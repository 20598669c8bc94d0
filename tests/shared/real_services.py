"""Real services of the tests: how to find, install and start them."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from support.processes import TESTS

from openapi.http.free_port import free_port

EXAMPLES = TESTS.parent / "examples"
LOCALSTRIPE_LOCK = TESTS / "real" / "localstripe.lock"
START_TIMEOUT_S = 30
INSTALLATION_TIMEOUT_S = 120
KEY = "sk_test_hookproof"
"""Secret key of Stripe's test mode, which localstripe accepts."""
_LOCALSTRIPE_SERVER = """
import sys
from aiohttp import web
from localstripe.server import app
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
"""localstripe on loopback only: the command listens on all addresses."""


class UnavailableServiceError(Exception):
    """A service that cannot be had here; the message says why and what to do."""


def find_alertmanager() -> str:
    """Return the path of the command; `UnavailableServiceError` if there is none."""
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        raise UnavailableServiceError(
            "prometheus-alertmanager was not found "
            "(on Debian: apt-get install prometheus-alertmanager)"
        )
    return found


def install_localstripe(folder: Path) -> str:
    """Return the Python of a virtual environment in `folder` that has localstripe: see below."""
    return install_locked(folder, LOCALSTRIPE_LOCK, "localstripe")


def install_locked(folder: Path, lock: Path, what: str) -> str:
    """Return the Python of a virtual environment in `folder` that has the packages of `lock`.

    One of several processes installs them for all. Raise `UnavailableServiceError` if pip cannot
    install `what`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, lock, what)
            (folder / "installed").touch()
    return str(folder / "bin" / "python")


def _install(folder: Path, lock: Path, what: str) -> None:
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "--quiet", "--require-hashes", "-r", str(lock)],
    ):
        try:
            limit = INSTALLATION_TIMEOUT_S
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            raise UnavailableServiceError(f"pip did not install {what} in time") from None
        if done.returncode:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            raise UnavailableServiceError(f"pip could not install {what}: {last}")


@contextmanager
def running_alertmanager(command: str, webhook_url: str) -> Iterator[str]:
    """Run Alertmanager with the configuration of the example; yield its URL."""
    with tempfile.TemporaryDirectory() as folder:
        stated = (EXAMPLES / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
        configured = stated.replace("http://127.0.0.1:4020/alerts", webhook_url)
        assert configured != stated, "the example sends its webhooks to another URL"
        file = Path(folder) / "alertmanager.yml"
        file.write_text(configured, encoding="utf-8")
        port = free_port()
        options = [f"--config.file={file}", f"--storage.path={folder}/data"]
        options += ["--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{port}"]
        with running_command([command, *options], f"http://127.0.0.1:{port}", "/-/ready") as url:
            yield url


@contextmanager
def running_localstripe(python: str, webhook_url: str) -> Iterator[str]:
    """Run localstripe, which sends its webhooks to `webhook_url`; yield its URL."""
    port = free_port()
    command = [python, "-c", _LOCALSTRIPE_SERVER, str(port)]
    with running_command(command, f"http://127.0.0.1:{port}", "/js.stripe.com/v3/") as url:
        form = urlencode({"url": webhook_url, "secret": "unused"}).encode()
        with urllib.request.urlopen(f"{url}/_config/webhooks/hookproof", form):
            yield url


@contextmanager
def running_command(
    command: list[str],
    url: str,
    ready_path: str,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run `command` in `folder` until the end of the block; yield `url` once it responds.

    `environment` is added to that of the tests.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **(environment or {})}
        ) as process,
    ):
        try:
            _wait_until_ready(process, f"{url}{ready_path}")
            yield url
        except TimeoutError as error:
            log.seek(0)
            raise AssertionError(f"{command[0]} did not start: {log.read()}") from error
        finally:
            process.terminate()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
    raise TimeoutError


def environment_folder(shared: Path) -> Path:
    """Return the folder of the tox environment, or `shared` outside of tox."""
    return Path(os.environ.get("TOX_ENV_DIR", shared))


CREDENTIALS: Mapping[str, str] = {"STRIPE_KEY": KEY}
"""Environment of a run against localstripe."""
