"""Observation of side effects: a command or a URL of the user returns their number so far."""

import re
import shlex
import subprocess
import time
from collections.abc import Callable

import httpx

from contracts.model.errors import CouldNotJudge
from openapi.http.tls import ssl_context

_TIMEOUT_S = 10.0
_POLL_S = 0.05
_NUMBER = re.compile(rb"\s*(\d{1,15})\s*")
MIN_SETTLING_S = 0.3
"""Minimum seconds after which an effect that did not come does not come."""


class Observation:
    """Number of side effects, read before and after deliveries."""

    def __init__(self, source: str, longest_wait: float) -> None:
        """Take a command or a URL, and the maximum seconds until a delivery has its effect."""
        self._read = _url_reader(source) if _is_url(source) else _command_reader(source)
        self._longest_wait = longest_wait
        self._slowest = 0.0
        self._first = 0

    def begin(self) -> None:
        """Read the number before the first delivery."""
        self._first = self.count()

    def measure(self) -> None:
        """Wait for the effect of the first delivery: how long do effects take?"""
        self.wait_for(self._first + 1)

    def count(self) -> int:
        """Return the number of side effects so far; `CouldNotJudge` if it cannot be read."""
        text = self._read()
        match = _NUMBER.fullmatch(text)
        if match is None:
            shown = ascii(text[:40].decode(errors="replace"))
            raise CouldNotJudge(f"--observe must return a whole number, but returned {shown}")
        return int(match[1])

    def wait_for(self, number: int) -> int:
        """Return the count as soon as it is `number`, or after the maximum time."""
        began = time.monotonic()
        while (found := self.count()) < number:
            if time.monotonic() - began > self._longest_wait:
                return found
            time.sleep(_POLL_S)
        self._slowest = max(self._slowest, time.monotonic() - began)
        return found

    def settled(self) -> int:
        """Return the count as soon as it is the same for a while, or after the maximum time.

        The while is longer than the slowest effect so far took.
        """
        pause = min(max(MIN_SETTLING_S, 1.3 * self._slowest + 0.1), self._longest_wait)
        began, found = time.monotonic(), self.count()
        while True:
            time.sleep(pause)
            before, found = found, self.count()
            if found == before or time.monotonic() - began > self._longest_wait:
                return found


def _is_url(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _url_reader(url: str) -> Callable[[], bytes]:
    verify = ssl_context(url)

    def read() -> bytes:
        try:
            response = httpx.get(url, timeout=_TIMEOUT_S, trust_env=False, verify=verify)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CouldNotJudge(f"--observe {url}: no response ({type(error).__name__})") from None
        if not response.is_success:
            raise CouldNotJudge(f"--observe {url}: the status is {response.status_code}, not 2xx")
        return response.content

    return read


def _command_reader(command: str) -> Callable[[], bytes]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CouldNotJudge(f"--observe {command!r}: {error}") from None
    if not words:
        raise CouldNotJudge("--observe: write a command or a URL")

    def read() -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the command of the user
                words, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = getattr(error, "strerror", None) or f"it takes more than {_TIMEOUT_S:g} s"
            raise CouldNotJudge(f"--observe {words[0]}: {reason}") from None
        if done.returncode:
            raise CouldNotJudge(f"--observe {words[0]}: its exit code is {done.returncode}")
        return done.stdout

    return read
