"""A running sink, asked over its JSON API. Every method raises `CommandError` in one sentence."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import httpx

from hookproof.exits import CommandError
from hookproof.reports.visible import visible
from hookproof.sink_answers import FULL, PAGE, PASSED, SUMMARY, each, known, parsed, refused
from openapi.document import Json

PATIENCE = 10.0
"""Seconds that an answer may take to begin or to go on."""
_RECEIVER = 60.0
"""Seconds that a receiver may take, to whom the sink sends something."""
_PAGE = 1000
"""How many deliveries one request asks for."""

Parameters = Mapping[str, str | int | float | None]
"""None leaves a parameter out."""


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
            timeout=PATIENCE,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._client.close()

    def page(self, parameters: Parameters) -> Json:
        """Return a page of the list: `deliveries`, `next`, `total` and more."""
        page = self._json(PAGE, self._ask("GET", "deliveries", parameters))
        return {**page, "deliveries": each(self.url, SUMMARY, page["deliveries"])}

    def newest(
        self, filters: Parameters, limit: int, before: int | None = None
    ) -> tuple[list[Json], Json]:
        """Return the last `limit` that fit and have an id below `before`, newest first.

        Beside them the last page that was read: `next` is not None where there may be more.
        """
        found: list[Json] = []
        while True:
            some = min(limit - len(found), _PAGE)
            page = self.page({**filters, "newest": 1, "limit": some, "before": before})
            found += page["deliveries"]
            before = page["next"]
            if before is None or len(found) >= limit:
                return found, page

    def summary(self, data: Json) -> Json:
        """Return `data` if it is what a list has of a delivery."""
        return known(self.url, SUMMARY, data)

    def delivery(self, number: int) -> Json:
        """Return one delivery with everything."""
        return self._json(FULL, self._ask("GET", f"deliveries/{number}"))

    def wait(self, parameters: Parameters, timeout: float) -> Json | None:
        """Return the first delivery that fits, with everything; None after `timeout` seconds."""
        asked = {**parameters, "timeout": timeout}
        answer = self._ask("GET", "deliveries/wait", asked, longer=timeout)
        return None if answer.status_code == 204 else self._json(FULL, answer)

    def copy(self, number: int, form: str, url: str | None) -> str:
        """Return a delivery as `curl` or `test`, which send to `url` (the sink's own), or `har`."""
        return self._ask("GET", f"deliveries/{number}/copy", {"as": form, "url": url}).text

    def resend(self, number: int, url: str) -> Json:
        """Have a delivery sent to `url`; return what came of it."""
        path = f"deliveries/{number}/resend"
        answer = self._ask("POST", path, value={"url": url}, longer=_RECEIVER)
        return known(self.url, PASSED, self._json(["passed"], answer)["passed"])

    def clear(self) -> int:
        """Remove every delivery; return how many there were."""
        return int(self._json(["removed"], self._ask("DELETE", "deliveries"))["removed"])

    @contextmanager
    def streamed(
        self, path: str, parameters: Parameters, patience: float
    ) -> Iterator[httpx.Response]:
        """Yield an answer whose body is yet to come, at most `patience` seconds a piece."""
        timeout = httpx.Timeout(PATIENCE, read=patience)
        try:
            with self._client.stream(
                "GET", path, params=_stated(parameters), timeout=timeout
            ) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise refused(self.url, answer)
                yield answer
        except httpx.HTTPError as error:
            raise self._silent(error) from None

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Parameters | None = None,
        value: Json = None,
        longer: float = 0.0,
    ) -> httpx.Response:
        try:
            answer = self._client.request(
                method,
                path,
                params=_stated(parameters or {}),
                json=value,
                timeout=PATIENCE + longer,
            )
        except httpx.HTTPError as error:
            raise self._silent(error) from None
        if answer.status_code not in (200, 204):
            raise refused(self.url, answer)
        return answer

    def _json(self, names: Collection[str], answer: httpx.Response) -> Json:
        return known(self.url, names, parsed(self.url, answer))

    def _silent(self, error: httpx.HTTPError) -> CommandError:
        reason = visible(str(error)) or type(error).__name__
        return CommandError(
            f"the sink at {self.url} does not answer ({reason}): does it run, is --sink right?"
        )


def _stated(parameters: Parameters) -> dict[str, str | int | float]:
    return {name: value for name, value in parameters.items() if value is not None}
