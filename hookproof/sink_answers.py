"""What a sink answers, held against what this version reads of it; `CommandError` if it differs."""

from collections.abc import Collection

import httpx

from hookproof.exits import CommandError
from hookproof.reports.visible import cut, no_command, visible
from openapi.document import Json

PAGE = frozenset({"deliveries", "next", "total", "now"})
SUMMARY = frozenset({"id", "received_at", "target", "event", "verdict", "reply", "attempt"})
FULL = SUMMARY | {"headers", "body", "findings", "attempts", "passed"}
PASSED = frozenset({"why", "url", "status", "error", "seconds"})


class Refused(CommandError):
    """The sink answered with an error."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def parsed(url: str, answer: httpx.Response) -> Json:
    """Return what the sink at `url` answered as JSON."""
    try:
        return answer.json()
    except ValueError:
        raise _strange(url) from None


def known(url: str, names: Collection[str], data: Json) -> Json:
    """Return `data` if it is an object with these names."""
    if not isinstance(data, dict) or not set(names) <= data.keys():
        raise _strange(url)
    return data


def each(url: str, names: Collection[str], data: Json) -> list[Json]:
    """Return `data` if it is an array of such objects."""
    if not isinstance(data, list):
        raise _strange(url)
    return [known(url, names, item) for item in data]


def refused(url: str, answer: httpx.Response) -> Refused:
    """Return why the sink did not do it, in its own words where it has some."""
    status = answer.status_code
    if status == 401:
        return Refused(
            status,
            f"the sink at {url} asks for its token: set HOOKPROOF_SINK_TOKEN to the one that it "
            "was given, or that it printed when it started",
        )
    try:
        message = str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        message = f"{status} {answer.text}".strip()
    return Refused(status, f"the sink at {url} says: {no_command(visible(cut(message, 500)))}")


def _strange(url: str) -> CommandError:
    return CommandError(f"{url} does not answer as a sink of this version: is --sink right?")
