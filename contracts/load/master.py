"""Master of a load: it pairs what the workers expect with what the sink received, and sums up."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from contracts.checks.repeats import no_redelivery_pointer
from contracts.ledger.ledger import event_deadline_s
from contracts.load.event_findings import EventFindings
from contracts.load.expected_events import Arrival, EventMatching, ExpectedEvent, Pairing
from contracts.load.settings import LoadSettings
from openapi.contract import Contract, Event, Json
from openapi.json_pointer import join_pointer
from openapi.schemas.validation import abbreviate
from openapi.strict_json import parse_json
from webhook_sink.client import SinkClient, SinkError

CountEvent = Callable[[str, float, int, str], None]
"""Counts an arrival in Locust's table: event, delay in seconds, bytes, what is wrong or ''."""
_WAIT_S = 1.0
_MAX_RACE_LOSSES: Final = 2
_RACE_LOSS_SHARE: Final = 0.001
"""Connections that a service may close while a request is sent, and their share of all."""


class LoadMaster:
    """Master of one load; without a sink it judges the responses alone."""

    def __init__(self, contract: Contract, settings: LoadSettings, count: CountEvent) -> None:
        """Take the whole contract: events of other operations are known too."""
        self._contract = contract
        self._settings = settings
        self._run_settings = settings.run_settings("")
        self._count = count
        self._events: Mapping[str, Event] = {event.name: event for event in contract.events}
        self._matching = EventMatching(contract)
        self._findings = EventFindings(contract)
        self._response_findings: dict[str, dict[str, Json]] = {}
        self._lost_connections: dict[str, dict[str, Json]] = {}
        self._answers: Counter[tuple[str, str]] = Counter()
        self._verified: Counter[str] = Counter()
        self._unstated_repeats: dict[str, str] = {}
        self._runs: set[str] = set()
        self._ended_runs: set[str] = set()
        self._last_activity = time.time()
        self._last_id = settings.first_delivery
        self._clock_offset = 0.0
        self._sink_failure = ""
        self._user_error = ""

    def absorb(self, text: str, *, is_last: bool = False) -> None:
        """Take the report of a worker; `is_last`: it sends no further one."""
        report: dict[str, Any] = json.loads(text)
        run_id = str(report["run_id"])
        self._matching.add_run(run_id)
        self._runs.add(run_id)
        if is_last:
            self._ended_runs.add(run_id)
        self._matching.excuse(report["excused"])
        for operation, status, count in report["answers"]:
            self._answers[operation, status] += count
        for kept, name in ((self._response_findings, "findings"), (self._lost_connections, "lost")):
            for found in report[name]:
                known = kept.setdefault(found["id"], {**found, "count": 0})
                known["count"] += found["count"]
        self._last_activity = max(self._last_activity, report["last_answer"])
        self._user_error = self._user_error or report["error"]
        for mark, event, at, required, correlated, identities, echoes in report["expected"]:
            expected = ExpectedEvent(
                mark,
                event,
                at,
                required,
                correlated,
                tuple((pointer, value) for pointer, value in identities),
                tuple((index, value) for index, value in echoes),
            )
            for pairing in self._matching.expect(expected):
                self._judge(pairing)

    def read_arrivals(self) -> int:
        """Read the new deliveries of the sink, many at a time; return their number."""
        settings = self._settings
        if settings.sink_url is None:
            return 0
        number = 0
        try:
            with SinkClient(settings.sink_url, settings.sink_token) as sink:
                while True:
                    asked = time.time()
                    page = sink.judged(self._last_id)
                    now = float(page["now"])
                    self._clock_offset = 0.0 if asked <= now <= time.time() else time.time() - now
                    # Another greenlet may have read them while this one waited for the sink.
                    for row in (one for one in page["deliveries"] if one["id"] > self._last_id):
                        number += 1
                        self._last_id = int(row["id"])
                        self._arrive(self._arrival(row))
                    if page["next"] is None:
                        return number
        except SinkError as error:
            self._sink_failure = str(error)
            return number

    def drain(self) -> None:
        """Wait until every event is there, or until nothing arrived for the longest deadline."""
        if self._settings.sink_url is None:
            return
        waited_since = time.time()
        while not self._sink_failure:
            if self.read_arrivals():
                waited_since = time.time()
            missing = list(self._matching.missing())
            if not missing:
                return
            longest = max(self._deadline(one.event) for one in missing)
            if time.time() > max(waited_since, self._last_activity) + longest:
                return
            time.sleep(_WAIT_S)

    def finish(self) -> int:
        """Write the result to the file of the settings; return the exit code of Locust."""
        for expected in self._matching.missing():
            self._lost(expected)
        for arrival in self._matching.unexpected():
            self._unexpected(arrival)
        result = self._result()
        Path(self._settings.result).write_text(json.dumps(result), encoding="utf-8")
        return 1 if result["findings"] else 0

    def _arrival(self, row: Mapping[str, Json]) -> Arrival:
        text = str(row["body"])
        return Arrival(
            id=int(row["id"]),
            received_at=float(row["received_at"]) + self._clock_offset,
            target=str(row["target"]),
            text=text,
            size=int(row["size"]),
            status=int(row["status"]),
            event=row["event"],
            signature=str(row["signature"]),
            payload=parse_json(text.encode()).value,
            findings=tuple(row["findings"]),
        )

    def _arrive(self, arrival: Arrival) -> None:
        for pairing in self._matching.arrive(arrival):
            self._judge(pairing)

    def _judge(self, pairing: Pairing) -> None:
        """Judge a delivery that belongs to a response, and count its event."""
        expected, arrival = pairing.paired.expected, pairing.arrival
        event = self._events[expected.event]
        complaints = [self._findings.add_stated(found, arrival) for found in arrival.findings]
        if pairing.is_first:
            self._verified[event.name] += arrival.signature in ("valid", "unchecked")
            complaints += [
                self._findings.add(
                    "webhook-echo",
                    join_pointer(event.pointer, "x-hookproof-trigger", "echoes", index),
                    f"delivery {arrival.id}: {place} is {abbreviate(received)}, "
                    f"and the request of {expected.mark} has {abbreviate(value)}",
                    arrival,
                )
                for index, place, value, received in self._matching.wrong_echoes(pairing)
            ]
            delay = pairing.paired.delay_s
            self._count(event.name, delay, arrival.size, next(iter(complaints), ""))
        else:
            self._repeat(event, pairing)

    def _repeat(self, event: Event, pairing: Pairing) -> None:
        """Judge a further delivery of an event, unless the sink had refused the one before."""
        *earlier, last = pairing.paired.arrivals
        if event.trigger.get("events") == "any" or not any(a.is_accepted for a in earlier):
            return
        first = earlier[0]
        where = f"of the request {pairing.paired.expected.mark}"
        if last.text != first.text:
            pointer = join_pointer(event.pointer, "x-hookproof-trigger")
            message = f"delivery {last.id} is another event {where}, after delivery {first.id}"
            self._findings.add("webhook-single-event", pointer, message, last)
        elif "no-redelivery" in event.trigger:
            message = f"delivery {last.id} {where} repeats delivery {first.id}, which had got 2xx"
            # Also if the rule is only assumed: a load looks for doubled events.
            self._findings.add(
                "webhook-redelivery",
                no_redelivery_pointer(event),
                message,
                last,
                severity="violation",
            )
        elif "redelivery" not in event.trigger:
            self._unstated_repeats.setdefault(
                event.name,
                f"delivery {last.id} repeats delivery {first.id}, and the contract does not say "
                "whether that is right: state no-redelivery or redelivery in the "
                f"x-hookproof-trigger of {event.name}",
            )

    def _lost(self, expected: ExpectedEvent) -> None:
        event = self._events[expected.event]
        message = (
            f"the event of the request {expected.mark} did not arrive, and nothing else came for "
            f"{self._deadline(event.name):g} s"
        )
        self._findings.add(
            "webhook-sent", join_pointer(event.pointer, "x-hookproof-trigger"), message
        )

    def _unexpected(self, arrival: Arrival) -> None:
        event = self._events.get(arrival.event or "") or self._contract.events[0]
        self._findings.add(
            "webhook-unexpected",
            join_pointer(event.pointer, "x-hookproof-trigger"),
            f"delivery {arrival.id} belongs to no response that triggers an event",
            arrival,
        )

    def _deadline(self, name: str) -> float:
        return event_deadline_s(self._events[name], self._run_settings)

    def _result(self) -> dict[str, Json]:
        delays: dict[str, list[float]] = defaultdict(list)
        expected: Counter[str] = Counter()
        for one in self._matching.paired:
            expected[one.expected.event] += one.expected.required or bool(one.arrivals)
            if one.arrivals:
                delays[one.expected.event].append(one.delay_s)
        events = {}
        for name, total in expected.items():
            limit, found = self._deadline(name), sorted(delays[name])
            late = sum(delay > limit for delay in found)
            events[name] = {
                "expected": total,
                "delivered": len(found),
                "verified": self._verified[name],
                "late": late,
                "deadline": limit,
                "p50": percentile(found, 50),
                "p99": percentile(found, 99),
            }
            if late:
                self._findings.add(
                    "webhook-late",
                    join_pointer(self._events[name].pointer, "x-hookproof-trigger", "deadline"),
                    f"{late} of {len(found)} events arrived after the deadline of {limit:g} s: "
                    f"half of all within {events[name]['p50']:.2f} s, 99 % within "
                    f"{events[name]['p99']:.2f} s",
                    severity="warning",
                    count=late,
                )
        return {
            "answers": [[*key, count] for key, count in self._answers.items()],
            "events": events,
            "unexpected": self._findings.count_of("webhook-unexpected"),
            "strangers": self._matching.stranger_count(),
            "findings": [*self._kept_response_findings(), *self._findings.all()],
            "undecided": list(self._unstated_repeats.values()),
            "lost_workers": len(self._runs - self._ended_runs),
            "sink_failure": self._sink_failure,
            "user_error": self._user_error,
        }

    def _kept_response_findings(self) -> Iterator[dict[str, Json]]:
        """Yield the findings of responses, without connections that were lost in a race."""
        requests = sum(self._answers.values())
        races = _MAX_RACE_LOSSES + requests * _RACE_LOSS_SHARE
        lost = [one for one in self._lost_connections.values() if one["count"] > races]
        for found in (*self._response_findings.values(), *lost):
            yield {**found, "tried": requests}


def percentile(ordered: list[float], percent: int) -> float:
    """Return a percentile of ascending values; 0 of none."""
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    return quantiles(ordered, n=100, method="inclusive")[percent - 1]
