"""HTTP client of a running sink.

Every method raises `SinkError`, with a message of one sentence, for an error response or a response
that a sink of this version does not send.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import httpx

from openapi.contract import Json
from openapi.http.tls import ssl_context
from openapi.safe_text import escape_ci_command, escape_hidden, truncate

PAGE_KEYS = frozenset({"deliveries", "next", "total", "now"})
JUDGED_KEYS = frozenset({"deliveries", "next", "now"})
JUDGED_ITEM_KEYS = frozenset({"id", "received_at", "event", "signature", "body", "findings"})
SUMMARY_KEYS = frozenset({"id", "received_at", "target", "event", "verdict", "reply", "attempt"})
DELIVERY_KEYS = SUMMARY_KEYS | {"headers", "body", "findings", "attempts", "outgoing"}
FORWARD_KEYS = frozenset({"action", "url", "status", "error", "seconds"})

READ_TIMEOUT_S = 10.0
_RESEND_TIMEOUT_S = 60.0
MAX_RESPONSE_BYTES = 32 * 1024 * 1024
"""Maximum of a response, which is never compressed: more is no response of a sink."""
_PAGE_SIZE = 1000
MAX_WAIT_S = 60.0
"""Maximum wait of one request; a longer wait takes several requests."""

QueryParameters = Mapping[str, str | int | float | None]
"""None leaves a parameter out."""


class SinkError(Exception):
    """Raised without a response, or for one that a sink of this version does not send."""


class SinkRefusal(SinkError):
    """The sink responded with an error status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def parse_response(url: str, response: httpx.Response) -> Json:
    """Return the JSON of a response of the sink at `url`."""
    try:
        return response.json()
    except ValueError:
        raise _unexpected_response(url) from None


def require_keys(url: str, names: Collection[str], data: Json) -> Json:
    """Return `data` if it is an object with these names."""
    if not isinstance(data, dict) or not set(names) <= data.keys():
        raise _unexpected_response(url)
    return data


def require_list(url: str, names: Collection[str], data: Json) -> list[Json]:
    """Return `data` if it is an array of objects with these names."""
    if not isinstance(data, list):
        raise _unexpected_response(url)
    return [require_keys(url, names, item) for item in data]


def error_from_response(url: str, response: httpx.Response) -> SinkRefusal:
    """Return the error of a response, with the sink's own message if it has one."""
    status = response.status_code
    if status == 401:
        return SinkRefusal(
            status,
            f"the sink at {url} requires its token: set HOOKPROOF_SINK_TOKEN to the value of its "
            "option --token, or to the token that it printed at its start",
        )
    try:
        message = str(response.json()["message"])
    except (ValueError, LookupError, TypeError):
        if status == 403:
            return SinkRefusal(
                status, f"the sink at {url} rejects this host name: use its IP address in --sink"
            )
        message = f"{status} {response.text}".strip()
    return SinkRefusal(
        status,
        f"the sink at {url} says: {escape_ci_command(escape_hidden(truncate(message, 500)))}",
    )


def _unexpected_response(url: str) -> SinkError:
    return SinkError(f"{url} does not respond as a sink of this version: check --sink")


class SinkClient:
    """Client of the sink at `url`: `with SinkClient(url, token) as sink:`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """`url` has no final slash; `token` is the access token, if the sink needs one."""
        self.url = url
        self._headers = {"Accept-Encoding": "identity"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        """Open the client; nothing is sent yet."""
        self._client = httpx.Client(
            base_url=f"{self.url}/_hookproof/api/",
            headers=self._headers,
            trust_env=False,
            verify=ssl_context(self.url),
            timeout=READ_TIMEOUT_S,
        )
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def page(self, parameters: QueryParameters) -> Json:
        """Return a page of the list: `deliveries`, `next`, `total` and more."""
        page = self._json(PAGE_KEYS, self._request("GET", "deliveries", parameters))
        return {**page, "deliveries": require_list(self.url, SUMMARY_KEYS, page["deliveries"])}

    def judged(self, after: int) -> Json:
        """Return `deliveries` with bodies and findings, oldest first; `next` says whether more."""
        page = self._json(JUDGED_KEYS, self._request("GET", "deliveries/judged", {"after": after}))
        return {**page, "deliveries": require_list(self.url, JUDGED_ITEM_KEYS, page["deliveries"])}

    def newest(
        self, filters: QueryParameters, limit: int, before: int | None = None
    ) -> tuple[list[Json], Json]:
        """Return the last `limit` matches with an id below `before`, newest first.

        Also return the last page that was read: its `next` is None if there are no more.
        """
        found: list[Json] = []
        while True:
            page_size = min(limit - len(found), _PAGE_SIZE)
            page = self.page({**filters, "newest": 1, "limit": page_size, "before": before})
            found += page["deliveries"]
            before = page["next"]
            if before is None or len(found) >= limit:
                return found, page

    def summary(self, data: Json) -> Json:
        """Return `data` if it is the summary of a delivery."""
        return require_keys(self.url, SUMMARY_KEYS, data)

    def delivery(self, number: int) -> Json:
        """Return one delivery with all its fields."""
        return self._json(DELIVERY_KEYS, self._request("GET", f"deliveries/{number}"))

    def wait(self, parameters: QueryParameters, timeout: float) -> Json | None:
        """Return the first delivery that matches, in full; None after `timeout` seconds."""
        parameters = {**parameters, "timeout": timeout}
        response = self._request("GET", "deliveries/wait", parameters, extra_timeout=timeout)
        return None if response.status_code == 204 else self._json(DELIVERY_KEYS, response)

    def copy(self, number: int, form: str, url: str | None) -> str:
        """Return a delivery in the format `curl` or `test`, which send to `url`, or `har`."""
        return self._request("GET", f"deliveries/{number}/copy", {"format": form, "url": url}).text

    def resend(self, number: int, url: str) -> Json:
        """Resend a delivery to `url`; return the attempt."""
        path = f"deliveries/{number}/resend"
        response = self._request("POST", path, value={"url": url}, extra_timeout=_RESEND_TIMEOUT_S)
        return require_keys(self.url, FORWARD_KEYS, self._json(["outgoing"], response)["outgoing"])

    def clear(self) -> int:
        """Remove all deliveries; return their number."""
        return int(self._json(["removed"], self._request("DELETE", "deliveries"))["removed"])

    @contextmanager
    def streamed(
        self, path: str, parameters: QueryParameters, read_timeout: float
    ) -> Iterator[httpx.Response]:
        """Yield a response before its body; a read times out after `read_timeout` seconds."""
        timeout = httpx.Timeout(READ_TIMEOUT_S, read=read_timeout)
        try:
            with self._client.stream(
                "GET", path, params=_drop_none(parameters), timeout=timeout
            ) as response:
                if response.status_code != 200:
                    end = time.monotonic() + read_timeout
                    raise error_from_response(self.url, self._read(response, end))
                if "content-encoding" in response.headers:
                    raise _unexpected_response(self.url)
                yield response
        except httpx.HTTPError as error:
            raise self._connection_error(error) from None

    def _request(
        self,
        method: str,
        path: str,
        parameters: QueryParameters | None = None,
        value: Json = None,
        extra_timeout: float = 0.0,
    ) -> httpx.Response:
        timeout = READ_TIMEOUT_S + extra_timeout
        end = time.monotonic() + 2 * timeout
        try:
            with self._client.stream(
                method, path, params=_drop_none(parameters or {}), json=value, timeout=timeout
            ) as streamed:
                response = self._read(streamed, end)
        except httpx.HTTPError as error:
            raise self._connection_error(error) from None
        if response.status_code not in (200, 204):
            raise error_from_response(self.url, response)
        return response

    def _read(self, response: httpx.Response, end: float) -> httpx.Response:
        """Return `response` with its body; `SinkError` for a large, late or encoded one."""
        if "content-encoding" in response.headers:
            raise _unexpected_response(self.url)
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise _unexpected_response(self.url)
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the response takes too long")
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            content=bytes(body),
            request=response.request,
        )

    def _json(self, names: Collection[str], response: httpx.Response) -> Json:
        return require_keys(self.url, names, parse_response(self.url, response))

    def _connection_error(self, error: httpx.HTTPError) -> SinkError:
        reason = escape_hidden(str(error)) or type(error).__name__
        return SinkError(
            f"the sink at {self.url} does not respond ({reason}): check that it runs, and "
            "check --sink"
        )


def _drop_none(parameters: QueryParameters) -> dict[str, str | int | float]:
    return {name: value for name, value in parameters.items() if value is not None}
