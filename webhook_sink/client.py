"""Client of a running sink over its JSON API.

Every method raises `SinkError`, in one sentence, where the sink does not answer as this version
expects.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import httpx

from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, truncate

PAGE_KEYS = frozenset({"deliveries", "next", "total", "now"})
SUMMARY_KEYS = frozenset({"id", "received_at", "target", "event", "verdict", "reply", "attempt"})
DELIVERY_KEYS = SUMMARY_KEYS | {"headers", "body", "findings", "attempts", "outgoing"}
FORWARD_KEYS = frozenset({"action", "url", "status", "error", "seconds"})

READ_TIMEOUT_S = 10.0
_RESEND_TIMEOUT_S = 60.0
_PAGE_SIZE = 1000
MAX_WAIT_S = 60.0
"""One request asks the sink to wait this long at most; a longer wait is several."""

QueryParameters = Mapping[str, str | int | float | None]
"""None leaves a parameter out."""


class SinkError(Exception):
    """The sink gave no answer, or none that a sink of this version gives."""


class SinkRefusal(SinkError):
    """The sink answered with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def parse_response(url: str, answer: httpx.Response) -> Json:
    """Return what the sink at `url` answered as JSON."""
    try:
        return answer.json()
    except ValueError:
        raise _unexpected_response(url) from None


def require_keys(url: str, names: Collection[str], data: Json) -> Json:
    """Return `data` if it is an object with these names."""
    if not isinstance(data, dict) or not set(names) <= data.keys():
        raise _unexpected_response(url)
    return data


def require_list(url: str, names: Collection[str], data: Json) -> list[Json]:
    """Return `data` if it is an array of such objects."""
    if not isinstance(data, list):
        raise _unexpected_response(url)
    return [require_keys(url, names, item) for item in data]


def error_from_response(url: str, answer: httpx.Response) -> SinkRefusal:
    """Return why the sink did not do it, in its own words where it has some."""
    status = answer.status_code
    if status == 401:
        return SinkRefusal(
            status,
            f"the sink at {url} asks for its token: set HOOKPROOF_SINK_TOKEN to the one that it "
            "was given, or that it printed when it started",
        )
    try:
        message = str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        if status == 403:
            return SinkRefusal(
                status, f"the sink at {url} can be read by its address alone: put that into --sink"
            )
        message = f"{status} {answer.text}".strip()
    return SinkRefusal(
        status,
        f"the sink at {url} says: {escape_ci_command(escape_hidden(truncate(message, 500)))}",
    )


def _unexpected_response(url: str) -> SinkError:
    return SinkError(f"{url} does not answer as a sink of this version: is --sink right?")


class SinkClient:
    """`with SinkClient(url, token) as sink:` asks the sink at `url`, without a slash at its end."""

    def __init__(self, url: str, token: str | None) -> None:
        """`token` is the one that the sink asks for, if it does."""
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __enter__(self) -> Self:
        """Open the client; nothing is sent yet."""
        self._client = httpx.Client(
            base_url=f"{self.url}/_hookproof/api/",
            headers=self._headers,
            trust_env=False,
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
        page = self._json(PAGE_KEYS, self._ask("GET", "deliveries", parameters))
        return {**page, "deliveries": require_list(self.url, SUMMARY_KEYS, page["deliveries"])}

    def newest(
        self, filters: QueryParameters, limit: int, before: int | None = None
    ) -> tuple[list[Json], Json]:
        """Return the last `limit` that fit and have an id below `before`, newest first.

        Beside them the last page that was read: `next` is not None where there may be more.
        """
        found: list[Json] = []
        while True:
            some = min(limit - len(found), _PAGE_SIZE)
            page = self.page({**filters, "newest": 1, "limit": some, "before": before})
            found += page["deliveries"]
            before = page["next"]
            if before is None or len(found) >= limit:
                return found, page

    def summary(self, data: Json) -> Json:
        """Return `data` if it is what a list has of a delivery."""
        return require_keys(self.url, SUMMARY_KEYS, data)

    def delivery(self, number: int) -> Json:
        """Return one delivery with everything."""
        return self._json(DELIVERY_KEYS, self._ask("GET", f"deliveries/{number}"))

    def wait(self, parameters: QueryParameters, timeout: float) -> Json | None:
        """Return the first delivery that fits, with everything; None after `timeout` seconds."""
        asked = {**parameters, "timeout": timeout}
        answer = self._ask("GET", "deliveries/wait", asked, longer=timeout)
        return None if answer.status_code == 204 else self._json(DELIVERY_KEYS, answer)

    def copy(self, number: int, form: str, url: str | None) -> str:
        """Return a delivery as `curl` or `test`, which send to `url` (the sink's own), or `har`."""
        return self._ask("GET", f"deliveries/{number}/copy", {"format": form, "url": url}).text

    def resend(self, number: int, url: str) -> Json:
        """Have a delivery sent to `url`; return what came of it."""
        path = f"deliveries/{number}/resend"
        answer = self._ask("POST", path, value={"url": url}, longer=_RESEND_TIMEOUT_S)
        return require_keys(self.url, FORWARD_KEYS, self._json(["outgoing"], answer)["outgoing"])

    def clear(self) -> int:
        """Remove every delivery; return how many there were."""
        return int(self._json(["removed"], self._ask("DELETE", "deliveries"))["removed"])

    @contextmanager
    def streamed(
        self, path: str, parameters: QueryParameters, patience: float
    ) -> Iterator[httpx.Response]:
        """Yield an answer whose body is yet to come, at most `patience` seconds a piece."""
        timeout = httpx.Timeout(READ_TIMEOUT_S, read=patience)
        try:
            with self._client.stream(
                "GET", path, params=_drop_none(parameters), timeout=timeout
            ) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise error_from_response(self.url, answer)
                yield answer
        except httpx.HTTPError as error:
            raise self._silent(error) from None

    def _ask(
        self,
        method: str,
        path: str,
        parameters: QueryParameters | None = None,
        value: Json = None,
        longer: float = 0.0,
    ) -> httpx.Response:
        try:
            answer = self._client.request(
                method,
                path,
                params=_drop_none(parameters or {}),
                json=value,
                timeout=READ_TIMEOUT_S + longer,
            )
        except httpx.HTTPError as error:
            raise self._silent(error) from None
        if answer.status_code not in (200, 204):
            raise error_from_response(self.url, answer)
        return answer

    def _json(self, names: Collection[str], answer: httpx.Response) -> Json:
        return require_keys(self.url, names, parse_response(self.url, answer))

    def _silent(self, error: httpx.HTTPError) -> SinkError:
        reason = escape_hidden(str(error)) or type(error).__name__
        return SinkError(
            f"the sink at {self.url} does not answer ({reason}): does it run, is --sink right?"
        )


def _drop_none(parameters: QueryParameters) -> dict[str, str | int | float]:
    return {name: value for name, value in parameters.items() if value is not None}
