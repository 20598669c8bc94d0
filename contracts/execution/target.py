"""HTTP client of the target: the only way to reach the service under test.

The client ignores proxies and .netrc, follows no redirects and drops cookies, so that the machine
does not influence a verdict. One timeout covers a whole response, and head and body have size
limits, so that no service hangs a run or fills its memory.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self

import httpx

from contracts.execution.response_body import (
    ACCEPTED_CODINGS,
    MAX_JUDGED_BYTES,
    BodyTooLarge,
    read_body,
)
from contracts.execution.wire_forms import FormedBackend, formed_headers, framed_content
from contracts.model.exchange import Exchange, Failure, ReceivedResponse, Request
from contracts.model.request_form import PLAIN_FORM, RequestForm
from openapi.http.tls import ssl_context
from openapi.rate import Rate
from openapi.schemas.formats import parse_http_date

_DEFAULT_HEADERS = (
    ("user-agent", "hookproof"),
    ("accept", "application/json"),
    ("accept-encoding", ACCEPTED_CODINGS),
)
MAX_HEAD_BYTES = 32 * 1024
MAX_HEAD_FIELDS = 256
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Maximum of all bodies of a run; above it, only small ones are kept and judged."""
SMALL_BODY_BYTES = 16 * 1024
MAX_RETRY_AFTER_S = 60.0
_WRITE_BYTES = 16 * 1024


class RequestSender(Protocol):
    """Sender of requests to the service at one URL."""

    url: str

    def send(self, request: Request) -> Exchange:
        """Send `request` once and return the exchange."""
        ...

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send all `requests`; return the exchanges in the same order."""
        ...


class Target:
    """Target: the service at one URL. A context manager that closes the connections."""

    def __init__(
        self,
        url: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        timeout: float = 10.0,
        rate_limit: Rate | None = None,
        verify: Path | bool = True,
    ) -> None:
        """Limit each whole response to `timeout` seconds and the requests to `rate_limit`.

        `verify` is a file of CA certificates, True for those of the system, or False for none.
        """
        self.url = url
        self._headers = headers
        self._timeout = timeout
        self._rate_limit = rate_limit
        self._sent: deque[float] = deque(maxlen=rate_limit.requests if rate_limit else 1)
        self._deadline = 0.0
        self._kept_bytes = 0
        self._tls = ssl_context(url, verify)
        self._transport = self._new_transport(PLAIN_FORM)
        # The client only builds requests: its `send` has features that no request here uses.
        self._client = httpx.Client(transport=self._transport, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def _new_transport(self, form: RequestForm) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(verify=self._tls, trust_env=False)
        pool: Any = transport._pool  # httpx has no option for the backend of its connections
        pool._network_backend = _Timed(FormedBackend(pool._network_backend, form), self._remaining)
        return transport

    @contextmanager
    def _connections(self, request: Request) -> Iterator[httpx.HTTPTransport]:
        """Yield the transport for `request`: the shared one, or another one.

        Some forms write to the connection themselves. After HEAD a faulty service may send a body,
        which would be read as the next response.
        """
        if request.form.needs_own_connection or request.method == "HEAD":
            with closing(self._new_transport(request.form)) as own:
                yield own
        else:
            yield self._transport

    def send(self, request: Request) -> Exchange:
        """Send `request` once and return the exchange; a failure of the service never raises."""
        self._wait_for_rate_limit()
        return self._exchange(request)

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send all `requests` concurrently; return the exchanges in the same order."""
        for _ in requests:
            self._wait_for_rate_limit()
        with ThreadPoolExecutor(len(requests)) as threads:
            return list(threads.map(self._exchange, requests))

    def responds(self, seconds: float) -> bool:
        """Return whether the head of any response to `GET /` arrives within `seconds`."""
        self._deadline = time.monotonic() + seconds
        try:
            with closing(
                self._transport.handle_request(self._client.build_request("GET", self.url + "/"))
            ):
                return True
        except (httpx.HTTPError, httpx.InvalidURL):
            return False

    def _max_kept_bytes(self) -> int:
        return MAX_JUDGED_BYTES if self._kept_bytes < MAX_KEPT_BYTES else SMALL_BODY_BYTES

    def _wait_for_rate_limit(self) -> None:
        if self._rate_limit and len(self._sent) == self._rate_limit.requests:
            pause = self._sent[0] + self._rate_limit.seconds - time.monotonic()
            time.sleep(max(0.0, pause))
        self._sent.append(time.monotonic())

    def _remaining(self) -> float:
        """Return the seconds until the deadline; raise `ReadTimeout` after it."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise httpx.ReadTimeout("the deadline has passed")
        return seconds

    def _exchange(self, request: Request) -> Exchange:
        headers = request_headers(request, self._headers)
        target = target_with_query(request.target, request.credential.query)
        form = request.form
        status: int | None = None
        started = time.time()
        # Requests that are sent together share a deadline.
        self._deadline = time.monotonic() + self._timeout
        try:
            sent = self._client.build_request(
                request.method,
                self.url + target,
                # Some credentials have bytes outside of ASCII.
                headers=[(name.encode(), value.encode("latin-1")) for name, value in headers],
                content=framed_content(form, request.body),
            )
            sent.headers = formed_headers(form, sent.headers)
            with (
                self._connections(request) as transport,
                closing(transport.handle_request(sent)) as response,
            ):
                status = response.status_code
                received_headers = _bounded_headers(response)
                encodings = response.headers.get_list("content-encoding")
                body = read_body(
                    response.iter_raw(), encodings, self._remaining, self._max_kept_bytes()
                )
        except (httpx.HTTPError, httpx.InvalidURL, _HeadTooLarge, BodyTooLarge) as error:
            failure = replace(describe_failure(error, self._timeout), status=status)
            # Lost before the response began: a race over an idle connection, a body that the
            # service rejected unread, or a crash. A retry decides.
            lost = (failure.kind, status) == ("lost", None)
            return Exchange(request, None, failure, started, time.time(), retried=lost)
        self._kept_bytes += len(body.content)
        received = ReceivedResponse(status, received_headers, body.content, body.not_judged)
        return Exchange(request, received, None, started, time.time())


def request_headers(request: Request, custom: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of `request` with `custom` ones, which replace the default ones."""
    custom_names = {name.lower() for name, _ in custom}
    headers = [(name, value) for name, value in _DEFAULT_HEADERS if name not in custom_names]
    headers += (*custom, *request.headers)
    if request.media_type is not None:
        headers.append(("content-type", request.media_type))
    if request.credential.value is not None:
        headers.append(("authorization", request.credential.value))
    return _joined_cookies([*headers, *request.credential.headers])


def _joined_cookies(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return `headers` with one Cookie header at most (RFC 6265, section 5.4)."""
    cookies = [value for name, value in headers if name.lower() == "cookie"]
    if len(cookies) < 2:
        return headers
    others = [pair for pair in headers if pair[0].lower() != "cookie"]
    return [*others, ("cookie", "; ".join(cookies))]


def target_with_query(target: str, query: str) -> str:
    """Return `target` with the parameters of `query` after its own."""
    if not query:
        return target
    return f"{target}{'&' if '?' in target else '?'}{query}"


class _HeadTooLarge(Exception):
    pass


class _Timed:
    """Network backend or stream of httpcore: `remaining` is the timeout of every operation.

    httpx has a timeout for one operation only: a response could arrive a byte at a time forever.
    """

    def __init__(self, timed: Any, remaining: Callable[[], float]) -> None:
        self._timed = timed
        self._remaining = remaining

    def __getattr__(self, name: str) -> Any:
        return getattr(self._timed, name)

    def connect_tcp(self, **options: Any) -> "_Timed":
        options["timeout"] = self._remaining()
        return _Timed(self._timed.connect_tcp(**options), self._remaining)

    def start_tls(self, **options: Any) -> "_Timed":
        options["timeout"] = self._remaining()
        return _Timed(self._timed.start_tls(**options), self._remaining)

    def read(self, max_bytes: int, timeout: object = None) -> Any:  # noqa: ARG002
        return self._timed.read(max_bytes, self._remaining())

    def write(self, buffer: bytes, timeout: object = None) -> None:  # noqa: ARG002
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._timed.write(buffer[start : start + _WRITE_BYTES], self._remaining())


def _bounded_headers(response: httpx.Response) -> tuple[tuple[str, str], ...]:
    fields = tuple(response.headers.multi_items())
    if len(fields) > MAX_HEAD_FIELDS or sum(len(n) + len(v) for n, v in fields) > MAX_HEAD_BYTES:
        limits = f"{MAX_HEAD_BYTES // 1024} KiB or {MAX_HEAD_FIELDS} header fields"
        raise _HeadTooLarge(f"the head is larger than {limits}")
    return fields


def describe_failure(error: Exception, timeout: float) -> Failure:
    """Return why there is no response, by an error of httpx or of the reading of a body."""
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", f"no complete response within {timeout:g} s")
    if isinstance(error, _HeadTooLarge | BodyTooLarge):
        return Failure("too large", str(error))
    if isinstance(error, httpx.ConnectError):
        hint = "; trust it with --tls-verify FILE" if "CERTIFICATE_VERIFY" in str(error) else ""
        return Failure("unreachable", f"no connection: {error}{hint}")
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        incomplete = "incomplete" in str(error) or "closed" in str(error)
        kind = "the connection closed during the response" if incomplete else "not HTTP"
        return Failure("malformed", f"{kind}: {error}")
    if isinstance(error, httpx.DecodingError):
        return Failure("malformed", f"the content encoding is invalid: {error}")
    return Failure("lost", f"the connection closed without a response ({type(error).__name__})")


def retry_delay(response: ReceivedResponse, attempt: int, now: float) -> float:
    """Return the seconds to wait after a 429: `Retry-After` (RFC 9110, 10.2.3), at most 60.

    `attempt` counts from 0. Without a valid header the delay doubles from 1 s. A header with less
    than half of that delay counts for the first attempt only.
    """
    least = 2.0 ** (attempt - 1) if attempt else 0.0
    text = (response.header("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return min(max(float(text[:9]), least), MAX_RETRY_AFTER_S)
    moment = parse_http_date(text) if text else None
    if moment is not None:
        return min(max(moment.timestamp() - now, 0.0) + 1.0, MAX_RETRY_AFTER_S)
    return float(min(2.0**attempt, MAX_RETRY_AFTER_S))
