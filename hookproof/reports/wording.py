"""Phrases and counts that all reports share. Pure: report data in, text and numbers out."""

import shlex
from collections import Counter

from openapi.contract import Json
from openapi.safe_text import truncate

MAX_LISTED_SENDERS = 3
MAX_LISTED_OPERATIONS = 5
MAX_UNDECIDED_OPERATIONS = 10
MAX_LISTED_NAMES, MAX_NAME_CHARS = 10, 40
CONSTRAINT_STATUSES = ("enforced", "violated", "undecided", "not exercised")


def pluralize(number: int, noun: str) -> str:
    """Return `1 finding`, `2 findings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


_RECEIVER = "verify-receiver"


def is_receiver(data: dict[str, Json]) -> bool:
    """Return whether the run tested a receiver of webhooks, and not a service."""
    return bool(data["command"] == _RECEIVER)


def requests(data: dict[str, Json]) -> str:
    """Return the number of requests, to a receiver of deliveries."""
    noun = "delivery" if data["requests"] == 1 else "deliveries"
    if is_receiver(data):
        return f"{data['requests']} {noun}"
    return f"{data['requests']} requests"


def checks(data: dict[str, Json]) -> list[str]:
    """Return the names of all checks of the command, also of those that the run left out."""
    if not is_receiver(data):
        # The mock uses this module too, and needs no check.
        from contracts.checks import CHECKS  # noqa: PLC0415

        return list(CHECKS)
    left_out = (part["name"] for part in data["left_out"] if part["kind"] == "check")
    return [*data["checks"], *left_out]


def constraints_noun(data: dict[str, Json]) -> str:
    """Return what the run judges: constraints of a contract, or properties of a receiver."""
    return "properties" if is_receiver(data) else "constraints"


def verdict(data: dict[str, Json]) -> str:
    """Return the verdict in one or two words."""
    if data["verdict"] == "not-judged":
        return "not judged" if data["reason"] else "not decided"
    return str(data["verdict"])


def findings_in_order(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings: violations, warnings, accepted ones; each group in report order."""
    return sorted(data["findings"], key=lambda f: (f["baseline_reason"] is not None, f["severity"]))


def new_findings(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings that the baseline does not accept, violations first."""
    return [finding for finding in findings_in_order(data) if finding["baseline_reason"] is None]


def failing_findings(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings that fail the run: violations, with `--strict` also warnings."""
    found = new_findings(data)
    violations = [finding for finding in found if finding["severity"] == "violation"]
    return violations or (found if data["verdict"] == "deviates" else [])


def shown_findings(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the new findings without those that follow from another new one."""
    found = new_findings(data)
    known = {finding["id"] for finding in found}
    return [finding for finding in found if finding["follows_from"] not in known]


def followers(data: dict[str, Json], finding: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the new findings that follow from this one."""
    return [other for other in new_findings(data) if other["follows_from"] == finding["id"]]


def follow_text(data: dict[str, Json], finding: dict[str, Json]) -> str:
    """Return `and 2 that follow from it (webhook-echo)`; empty if nothing follows."""
    found = followers(data, finding)
    checks = ", ".join(dict.fromkeys(other["check"] for other in found))
    verb = "follows" if len(found) == 1 else "follow"
    return f"and {len(found)} that {verb} from it ({checks})" if found else ""


def counts(data: dict[str, Json]) -> str:
    """Return the number of causes by severity, of what follows from them, and of accepted ones."""
    shown = shown_findings(data)
    severities = Counter(finding["severity"] for finding in shown)
    parts = [pluralize(severities[name], name) for name in ("violation", "warning")]
    new = len(new_findings(data))
    follow, accepted = new - len(shown), len(data["findings"]) - new
    if follow:
        parts.append(f"{pluralize(follow, 'finding')} that follow{'s' if follow == 1 else ''}")
    return ", ".join([*parts, pluralize(accepted, "accepted finding")] if accepted else parts)


def partial(data: dict[str, Json]) -> str:
    """Return what the run was limited to: `partial: only webhooks`; empty for a whole run."""
    limits = data["partial"]
    if limits is None:
        return ""
    parts = [
        ("only", limits["only"]),
        ("without", limits["skip"]),
        ("only operations", limits["operation"]),
        ("without operations", limits["exclude-operation"]),
    ]
    return "partial: " + "; ".join(f"{word} {', '.join(names)}" for word, names in parts if names)


_CONTRACT_PARTS = ("operation", "webhook", "callback")
"""Kinds of parts of a contract that a run may leave out."""


def left_out(data: dict[str, Json]) -> list[str]:
    """Return the phases and parts of the contract that a whole run leaves out, by reason.

    Of the phases a partial run leaves out what `partial` says.
    """
    phases: dict[str, list[str]] = {}
    parts: dict[tuple[str, str], list[str]] = {}
    for part in data["left_out"]:
        if part["kind"] in _CONTRACT_PARTS:
            parts.setdefault((part["kind"], part["reason"]), []).append(part["name"])
        elif part["kind"] == "phase" and data["partial"] is None:
            phases.setdefault(part["reason"], []).append(part["name"])
    return [
        *(f"{', '.join(names)}: {reason}" for reason, names in phases.items()),
        *(f"{_listed(kind, names)}: {reason}" for (kind, reason), names in parts.items()),
    ]


def _listed(kind: str, names: list[str]) -> str:
    """Return `3 operations (a, b, c)`; of many names only the first."""
    more = len(names) - MAX_LISTED_OPERATIONS
    rest = f" and {more} more" if more > 0 else ""
    return f"{pluralize(len(names), kind)} ({', '.join(names[:MAX_LISTED_OPERATIONS])}{rest})"


def operations(data: dict[str, Json]) -> str:
    """Return the number of judged, undecided and other operations; empty if there is only one."""
    found = data["operations"]
    if found["total"] <= 1:
        return ""
    undecided = len(found["undecided"])
    untested = sum(part["kind"] == "operation" for part in data["left_out"])
    return (
        f"{found['judged']} of {found['total']} judged, {undecided} undecided, "
        f"{untested} not exercised"
    )


def undecided_operations(data: dict[str, Json]) -> list[str]:
    """Return a sentence for each undecided operation of several, of many only the first."""
    found = data["operations"]
    if found["total"] <= 1:
        return []
    sentences = [f"{one['id']}: {one['cause']}" for one in found["undecided"]]
    more = len(sentences) - MAX_UNDECIDED_OPERATIONS
    rest = [f"and {more} more operations, in report.json"] if more > 0 else []
    return [*sentences[:MAX_UNDECIDED_OPERATIONS], *rest]


def undecided_parts(data: dict[str, Json]) -> list[str]:
    """Return the sentences about undecided parts other than those of `undecided_operations`."""
    if data["operations"]["total"] <= 1:
        return list(data["undecided"])
    listed = {f"{one['id']}: {one['cause']}" for one in data["operations"]["undecided"]}
    return [sentence for sentence in data["undecided"] if sentence not in listed]


def format_provenance(constraint: dict[str, Json]) -> str:
    """Return the provenance of a constraint or finding, such as `implied (rfc9110): reason`."""
    level, source, rationale = (constraint[key] for key in ("provenance", "source", "rationale"))
    words = "vendor documentation" if level == "documented" else level
    named = words if source == level else f"{words} ({source})"
    return f"{named}: {rationale}" if rationale else named


def format_location(constraint: dict[str, Json]) -> str:
    """Return the pointer into the contract, with the part of the keyword.

    For a finding, the place in the file precedes it, if the user has the file.
    """
    part = "" if constraint["detail"] == "*" else f" ({constraint['detail']})"
    place = constraint.get("place")
    pointer = f"{place} ({constraint['pointer']})" if place else constraint["pointer"]
    return f"{pointer}{part}"


def occurrence_count(finding: dict[str, Json]) -> str:
    """Return the number of cases with the finding: `in 2 of 3 cases`."""
    return f"in {finding['count']} of {pluralize(finding['tried'], 'case')}"


def status_counts(constraints: list[dict[str, Json]]) -> dict[str, int]:
    """Return the number of constraints by status."""
    found = Counter(constraint["status"] for constraint in constraints)
    return {status: found[status] for status in CONSTRAINT_STATUSES}


def untested(data: dict[str, Json], status: str) -> list[tuple[str, int]]:
    """Return each reason with its hint, and the number of constraints with this status.

    For `undecided` the sentences about the run come first; their number is 0.
    """
    # Of a receiver the sentences say what its properties say too.
    sentences = data["undecided"] if status == "undecided" and not is_receiver(data) else []
    waiting: Counter[str] = Counter(dict.fromkeys(sentences, 0))
    for constraint in data["constraints"]:
        if constraint["status"] == status:
            parts = [part for part in (constraint["reason"], constraint["hint"]) if part]
            waiting[": ".join(parts)] += 1
    return list(waiting.items())


def responses(data: dict[str, Json]) -> str:
    """Return the number of responses with each documented status; of many operations together."""
    found = {name: entry["seen"] for name, entry in data["statuses"].items()}
    if data["operations"]["total"] > MAX_LISTED_OPERATIONS:
        total: Counter[str] = Counter()
        for name, seen in found.items():
            total[name.rpartition(" ")[2]] += seen
        found = dict(sorted(total.items()))
    return ", ".join(f"{name}: {seen}" for name, seen in found.items())


def idle_checks(data: dict[str, Json]) -> list[str]:
    """Return the names of the checks that judged no case."""
    return [name for name, check in data["checks"].items() if not check["cases"]]


def webhooks(data: dict[str, Json]) -> str:
    """Return the webhook counts."""
    found = data["webhooks"]
    if not found["judged"]:
        return "not judged"
    return ", ".join(f"{found[k]} {k}" for k in ("expected", "delivered", "verified", "unexpected"))


def strangers(data: dict[str, Json]) -> list[str]:
    """Return sentences about deliveries that anybody can have sent; empty if there are none."""
    found = data["webhooks"]["strangers"]
    texts = []
    if found["count"]:
        few = [
            f"{one['count']} to {one['path']} from {one['sender']}"
            for one in found["senders"][:MAX_LISTED_SENDERS]
        ]
        more = len(found["senders"]) - len(few)
        rest = f", and {more} more" if more > 0 else ""
        texts.append(
            f"deliveries that match no request and have no valid signature: {found['count']}, "
            f"of which {found['event_like']} look like an event; {', '.join(few)}{rest}"
        )
    if found["dropped"]:
        texts.append(f"{found['dropped']} of them were beyond the limits and only counted")
    if found["elsewhere"]:
        texts.append(f"{found['elsewhere']} of them came to another path than --webhook-path")
    if found["own_dropped"]:
        texts.append(f"{found['own_dropped']} events of the service were more than the run keeps")
    if data["webhooks"]["unsigned_events"]:
        names = ", ".join(data["webhooks"]["unsigned_events"])
        texts.append(f"the contract does not sign {names}: the verdict cannot exclude strangers")
    return texts


def created(data: dict[str, Json]) -> str:
    """Return the number of created resources and the prefix of their names; empty if none."""
    count, names = data["created"]["count"], data["created"]["without_prefix"]
    if not count:
        return ""
    few = ", ".join(f'"{truncate(name, MAX_NAME_CHARS)}"' for name in names[:MAX_LISTED_NAMES])
    rest_count = len(names) - MAX_LISTED_NAMES
    more = f" and {rest_count} more" if rest_count > 0 else ""
    verb = "name has" if len(names) == 1 else "names have"
    rest = f"; {len(names)} {verb} no prefix: {few}{more}" if names else ""
    return f"{pluralize(count, 'resource')} (prefix hp-{data['run_id']}){rest}"


def reproduction_command(data: dict[str, Json]) -> str:
    """Return the command that sends the same cases again."""
    profile = "" if data["profile"] == "default" else f" --profile {data['profile']}"
    limits = data["partial"] or {}
    chosen = "".join(
        f" --{option} {shlex.quote(name)}" for option in limits for name in limits[option]
    )
    return f"hookproof {data['command']} {data['url']} --seed {data['seed']}{profile}{chosen}"
