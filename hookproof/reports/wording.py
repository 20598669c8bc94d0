"""What all reports say of a run in the same words. Pure: report data in, text and numbers out."""

from collections import Counter

from openapi.contract import Json

STATES = ("enforced", "violated", "undecided")


def pluralize(number: int, noun: str) -> str:
    """Return `1 finding`, `2 findings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def verdict(data: dict[str, Json]) -> str:
    """Return the verdict in a word or two."""
    if data["verdict"] == "not-judged":
        return "not judged" if data["reason"] else "not decided"
    return str(data["verdict"])


def findings_in_order(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings: violations, warnings, then those that are known; each as they came."""
    return sorted(data["findings"], key=lambda f: (f["known"] is not None, f["severity"]))


def new_findings(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings that no file of known deviations lists, violations first."""
    return [finding for finding in findings_in_order(data) if finding["known"] is None]


def failing_findings(data: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the findings that make the run deviate: with `--strict`, the warnings too."""
    found = new_findings(data)
    violations = [finding for finding in found if finding["severity"] == "violation"]
    return violations or (found if data["verdict"] == "deviates" else [])


def counts(data: dict[str, Json]) -> str:
    """Return how many findings there are, by severity, and how many more are known."""
    severities = Counter(finding["severity"] for finding in new_findings(data))
    parts = [pluralize(severities[name], name) for name in ("violation", "warning")]
    known = len(data["findings"]) - severities.total()
    return ", ".join([*parts, pluralize(known, "known deviation")] if known else parts)


def format_provenance(constraint: dict[str, Json]) -> str:
    """Return how a constraint, or that of a finding, is known: `implied by rfc9110: a reason`."""
    level, source, because = (constraint[key] for key in ("provenance", "source", "because"))
    by = "" if source == level else f" by {source}"
    return f"{level}{by}: {because}" if because else f"{level}{by}"


def format_location(constraint: dict[str, Json]) -> str:
    """Return where the contract states it, and which part of the keyword is meant."""
    part = "" if constraint["detail"] == "*" else f" ({constraint['detail']})"
    return f"{constraint['pointer']}{part}"


def occurrence_count(finding: dict[str, Json]) -> str:
    """Return how often a finding was seen."""
    return f"in {finding['count']} of {pluralize(finding['tried'], 'case')}"


def states(data: dict[str, Json]) -> dict[str, int]:
    """Return how many constraints are in each state."""
    found = Counter(constraint["state"] for constraint in data["constraints"])
    return {state: found[state] for state in STATES}


def undecided(data: dict[str, Json]) -> list[tuple[str, int]]:
    """Return why something is undecided and what would decide it, and how many constraints wait.

    The sentences of the run come first; 0 where no single constraint is meant.
    """
    waiting: Counter[str] = Counter(dict.fromkeys(data["undecided"], 0))
    for constraint in data["constraints"]:
        if constraint["state"] == "undecided":
            parts = [part for part in (constraint["reason"], constraint["cure"]) if part]
            waiting[": ".join(parts) or "nothing tried it"] += 1
    return list(waiting.items())


def webhooks(data: dict[str, Json]) -> str:
    """Return the webhooks, counted."""
    found = data["webhooks"]
    if not found["judged"]:
        return "not judged"
    return ", ".join(f"{found[k]} {k}" for k in ("expected", "delivered", "verified", "unexpected"))


def created(data: dict[str, Json]) -> str:
    """Return what the run left behind; empty where that is nothing."""
    count, unmarked = data["created"]["count"], data["created"]["unmarked"]
    if not count:
        return ""
    few = ", ".join(f'"{name}"' for name in unmarked[:10])
    more = f" and {len(unmarked) - 10} more" if len(unmarked) > 10 else ""
    rest = f"; too short for it: {few}{more}" if unmarked else ""
    return f"{count} left behind, named with the mark of the run, {data['run_id']}{rest}"


def reproduction_command(data: dict[str, Json]) -> str:
    """Return the command that sends the same cases again."""
    profile = "" if data["profile"] == "default" else f" --profile {data['profile']}"
    return f"hookproof verify {data['url']} --seed {data['seed']}{profile}"
