"""Findings about events under load: one for each fault, with its first case and their number."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.checks import CHECKS
from contracts.load.expected_events import Arrival
from contracts.reporting.evidence import MAX_SHOWN_CHARACTERS, provenance_reason
from openapi.contract import Contract, Json
from openapi.finding import Finding, locate, make_finding


@dataclass(slots=True)
class _Counted:
    finding: Finding
    arrival: Arrival | None
    count: int


class EventFindings:
    """Findings of one load, by check, place and severity."""

    def __init__(self, contract: Contract) -> None:
        """Begin without findings."""
        self._contract = contract
        self._found: dict[tuple[str, str, str], _Counted] = {}

    def add(
        self,
        check: str,
        pointer: str,
        message: str,
        arrival: Arrival | None = None,
        *,
        severity: str | None = None,
        count: int = 1,
    ) -> str:
        """Count a case of the constraint at `pointer`; return the fault in a few words."""
        made = make_finding(self._contract, check, pointer, message)
        return self._count(made, severity or made.severity, arrival, count)

    def add_stated(self, found: Mapping[str, Json], arrival: Arrival) -> str:
        """Count a finding of the sink; return the fault in a few words."""
        message = locate(str(found["message"]), found["instance"])
        made = make_finding(
            self._contract,
            str(found["check"]),
            str(found["pointer"]),
            f"delivery {arrival.id}: {message}",
            instance=found["instance"],
            detail=str(found["detail"]),
        )
        return self._count(made, str(found["severity"]), arrival, 1)

    def count_of(self, check: str) -> int:
        """Return the number of cases of a check."""
        return sum(one.count for (name, _, _), one in self._found.items() if name == check)

    def all(self) -> Iterator[dict[str, Json]]:
        """Yield the findings as those of a report."""
        for (check, pointer, severity), one in self._found.items():
            made = one.finding
            known = self._contract.provenance(pointer, made.detail)
            key = "\n".join((check, severity, pointer, made.detail))
            yield {
                "id": hashlib.sha256(key.encode()).hexdigest()[:8],
                "check": check,
                "severity": severity,
                "provenance": made.provenance,
                "source": known.source,
                "rationale": provenance_reason(self._contract, known),
                "pointer": pointer,
                "place": None,
                "detail": made.detail,
                "instance": made.instance,
                "message": made.message,
                "expected": (CHECKS[check].__doc__ or "").strip(),
                "received": "",
                "count": one.count,
                "tried": one.count,
                "request": None,
                "response": None,
                "delivery": _delivery_data(one.arrival) if one.arrival else None,
                "fields": [],
                "curl": None,
                "follows_from": None,
                "baseline_reason": None,
            }

    def _count(self, made: Finding, severity: str, arrival: Arrival | None, count: int) -> str:
        key = made.check, made.pointer, severity
        known = self._found.setdefault(key, _Counted(made, arrival, 0))
        known.count += count
        return f"{made.check}: {made.pointer.rpartition('/')[2] or made.pointer}"


def _delivery_data(arrival: Arrival) -> dict[str, Json]:
    return {
        "id": arrival.id,
        "method": "POST",
        "target": arrival.target,
        "headers": [],
        "body": arrival.text[:MAX_SHOWN_CHARACTERS],
    }
