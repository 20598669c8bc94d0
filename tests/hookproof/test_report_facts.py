"""Page of a run: each property of `report.schema.json` is in its section, or has a reason."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import jsonschema

from hookproof.reports.html import page

Data = dict[str, Any]
SCHEMA: Data = json.loads(files("hookproof.reports").joinpath("report.schema.json").read_text())

SECTIONS = {
    "verdict": "verdict",
    "partial": "verdict",
    "url": "verdict",
    "started": "verdict",
    "seconds": "verdict",
    "profile": "verdict",
    "seed": "verdict",
    "run_id": "verdict",
    "reason": "verdict",
    "operations": "verdict",
    "findings": "findings",
    "findings.baseline_reason": "baseline",
    "baseline": "baseline",
    "constraints": "constraints",
    "undecided": "constraints",
    "requests": "traffic",
    "statuses": "traffic",
    "webhooks": "traffic",
    "deliveries": "traffic",
    "created.count": "traffic",
    "created.without_prefix": "run",
    "contract": "run",
    "cases": "run",
    "checks": "run",
    "left_out": "run",
    "exit_code": "run",
}
"""Section of the page that shows a property and those below it."""

NOT_SHOWN = {
    "schema_version": "is about the file, and not about the run",
    "command": "chooses the words of the page",
    "webhooks.judged": "decides whether the counts or `not judged` are there",
    "operations.undecided.id": "is part of a sentence in `undecided`",
    "operations.undecided.cause": "is part of a sentence in `undecided`",
}
"""Properties that no section shows, and why."""

CHOSEN = {"command": "verify", "verdict": "deviates"}


class Sections(HTMLParser):
    """Text of each section, by the id of its heading."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, str] = {}
        self.current = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section":
            self.current = dict(attrs)["aria-labelledby"] or ""

    def handle_data(self, data: str) -> None:
        self.found[self.current] = self.found.get(self.current, "") + data.casefold()


def resolved(schema: Data) -> Data:
    """Return the schema without a reference, and without null as an alternative."""
    (schema,) = [one for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]
    reference = schema.get("$ref", "").rpartition("/")[2]
    return resolved(SCHEMA["$defs"][reference]) if reference else schema


def sample(schema: Data, path: str, leaves: dict[str, str]) -> Any:
    """Return a value for a schema; add to `leaves` the text of each value below it, by path."""
    schema = resolved(schema)
    if "properties" in schema:
        return {
            name: sample(part, f"{path}.{name}".lstrip("."), leaves)
            for name, part in schema["properties"].items()
        }
    if schema.get("type") == "object":
        return {f"={path}=": sample(schema["additionalProperties"], path, leaves)}
    if schema.get("type") == "array":
        parts = schema.get("prefixItems") or [schema["items"]]
        return [sample(part, path, leaves) for part in parts]
    kinds = {*schema["type"]} if isinstance(schema.get("type"), list) else {schema.get("type")}
    value: Any = CHOSEN.get(path, schema.get("const", schema.get("enum", [None])[-1]))
    if value is None and kinds & {"integer", "number"}:
        value = 1_000_000 + len(leaves)
    if value is None:
        value = "boolean" in kinds or f"={path}="
    leaves[path] = str(value)
    return value


def with_related_parts(data: Data) -> Data:
    """Return the data with a delivery of a finding, and a finding that is not accepted."""
    (finding,) = data["findings"]
    data["deliveries"][0]["id"] = finding["delivery"]["id"]
    new = {**finding, "baseline_reason": None}
    return {**data, "findings": [new, {**finding, "id": "0badcafe"}]}


def prefixes(path: str) -> Iterator[str]:
    """Yield the path and those above it, the longest first."""
    names = path.split(".")
    yield from (".".join(names[:end]) for end in range(len(names), 0, -1))


def test_the_page_shows_each_property_of_the_schema() -> None:
    leaves: dict[str, str] = {}
    data = with_related_parts(sample(SCHEMA, "", leaves))
    ids = {"findings.id", "findings.delivery.id", "deliveries.id"}
    leaves["deliveries.id"] = leaves["findings.delivery.id"]
    assert ids <= leaves.keys()
    assert len(leaves) > 100
    found = Sections(page(data, "1")).found
    missing = [
        f"{path}: {text}"
        for path, text in leaves.items()
        if path not in NOT_SHOWN
        and text.casefold() not in found[next(SECTIONS[p] for p in prefixes(path) if p in SECTIONS)]
    ]
    assert missing == []
    assert NOT_SHOWN.keys() <= leaves.keys()
    named = {name for path in leaves for name in prefixes(path)}
    assert SECTIONS.keys() <= named


def test_the_sample_conforms_to_the_schema_but_for_its_patterns() -> None:
    data = with_related_parts(sample(SCHEMA, "", {}))
    problems = jsonschema.Draft202012Validator(SCHEMA).iter_errors(data)
    assert {problem.validator for problem in problems} <= {"pattern"}
