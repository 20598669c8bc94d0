"""Response time of a page of the sink's list, by the number of stored deliveries."""

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from uuid import UUID

import httpx
from delivered import SIZE, headers, payload
from sinks import judged_sink, ready, settled, sink
from subjects import running

from openapi.contract import Contract
from openapi.json_pointer import set_at
from webhook_sink.delivery import Delivery
from webhook_sink.storage.location import parse_location
from webhook_sink.storage.open_store import open_store

SIZES = (1_000, 100_000)
_NEEDLE = "one-in-five-hundred"
_AT_ONCE = 1000


@dataclass(frozen=True)
class Pages:
    """Cost of one kind of page."""

    title: str
    milliseconds: Mapping[int, float]
    """Median by the number of stored deliveries."""

    @property
    def ratio(self) -> float:
        """Cost with the most deliveries relative to the cost with the fewest."""
        costs = [cost for _, cost in sorted(self.milliseconds.items())]
        return costs[-1] / costs[0]


def listed(
    contract: Contract,
    stores: Mapping[int, Path | str],
    rounds: int,
    *,
    long: bool = False,
) -> list[Pages]:
    """Return the cost of the first page and of filtered pages, requested in turn in each round.

    `stores` has a file or database for each number of deliveries, which is filled up to it. For a
    `long` list, also request the page in its middle, and do not wait until all is judged.
    """
    kinds: dict[str, Mapping[str, str]] = {
        "first page": {},
        **({"in the middle": {"before": "MIDDLE"}} if long else {}),
        "of an event": {"event": contract.events[0].name},
        "of a verdict": {"verdict": "violation"},
        "of a path": {"path": "/hooks/3"},
        "with a text": {"text": _NEEDLE},
    }
    costs: dict[tuple[str, int], list[float]] = {(k, size): [] for k in kinds for size in stores}
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(timeout=60, trust_env=False))
        ports = {}
        for size, store in stores.items():
            _fill(contract, store, size)
            subject = judged_sink(str(store)) if long else sink(store)
            ports[size] = stack.enter_context(running(subject)).port
            ready(client, ports[size])
            settled(client, ports[size], size)
        for _ in range(rounds):
            for (kind, size), taken in costs.items():
                query = {k: v.replace("MIDDLE", str(size // 2)) for k, v in kinds[kind].items()}
                began = time.perf_counter()
                _page(client, ports[size], {"newest": "1", **query})
                taken.append((time.perf_counter() - began) * 1000)
    return [Pages(kind, {size: median(costs[kind, size]) for size in stores}) for kind in kinds]


def _page(client: httpx.Client, port: int, query: Mapping[str, str]) -> None:
    url = f"http://127.0.0.1:{port}/_hookproof/api/deliveries?{urlencode(query)}"
    answer = client.get(url).raise_for_status().json()
    if not answer["deliveries"]:
        raise SystemExit(f"{url} returned no delivery")


def _fill(contract: Contract, location: Path | str, size: int) -> None:
    with closing(open_store(parse_location(str(location)))) as store:
        for first in range(store.totals().count, size, _AT_ONCE):
            store.append([_delivery(contract, n) for n in range(first, first + _AT_ONCE)])


def _delivery(contract: Contract, number: int) -> Delivery:
    """Return a delivery with a unique event; some are invalid, some contain the searched text."""
    event = json.loads(payload(contract))
    for unique in contract.events[0].trigger.get("unique", ()):
        set_at(event, unique["pointer"], str(UUID(int=number)))
    text = json.dumps(event) if number % 10 else f'{{"{number}": '
    body = text.encode().ljust(SIZE)
    note = f"?note={_NEEDLE}" if number % 500 == 0 else ""
    return Delivery(
        id=0,
        received_at=time.time(),
        method="POST",
        target=f"/hooks/{number % 7}{note}",
        headers=tuple((n.encode(), v.encode()) for n, v in headers(contract, body).items()),
        body=body,
        truncated=False,
        remote="127.0.0.1:4020",
        status=200,
    )
