"""Lint: each rule finds its fault and passes over a near document that is right."""

import ast
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.processes import TESTS

import openapi.loading
from openapi.linting.linter import PlacedComplaint, lint_file, lint_text
from openapi.linting.rules import RULES, RULES_BY_ID
from openapi.loading.fixed_fields import FIXED_FIELDS, SCHEMA_KEYWORDS
from openapi.loading.loader import default_contract_path
from openapi.loading.structure import FIELDS

DATA = TESTS / "data"
SHOP, PARCELS = (
    (DATA / name).read_text(encoding="utf-8") for name in ("shop.yaml", "parcels.yaml")
)
DOCUMENTS = {
    "shop.yaml": SHOP,
    "3.0": SHOP.replace("3.1.0", "3.0.3").replace(", examples: [cup]", ""),
    # Without `unique`, only `no-redelivery` says how often parcel.booked comes.
    "parcels.yaml": PARCELS.replace(
        "        unique:\n          - {pointer: /parcel/parcelNumber, source: handbook}\n", ""
    ),
    "overlay": """\
overlay: 1.1.0
info: {title: for the tests, version: one}
extends: shop.yaml
actions:
- {target: $.info, update: {x-more: 1}}
- {target: "$.paths['/items'].post", update: {summary: Create.}}
- {target: "$.components.schemas.Item['x-internal']", remove: true}
""",
}
GOOD = {name: text for name, text in DOCUMENTS.items() if name != "overlay"}
CASES: dict[str, list[dict[str, str]]] = yaml.safe_load(
    (DATA / "lint-cases.yaml").read_text(encoding="utf-8")
)


def lint(text: str, rule: str) -> list[PlacedComplaint]:
    return [placed for placed in lint_text("it.yaml", text) if placed.complaint.rule == rule]


def lint_overlay(folder: Path, text: str, rule: str) -> list[PlacedComplaint]:
    """Return the complaints about an overlay of shop.yaml."""
    document, overlay = folder / "shop.yaml", folder / "shop.overlay.yaml"
    document.write_text(SHOP, encoding="utf-8")
    overlay.write_text(text, encoding="utf-8")
    return [placed for placed in lint_file(document, [overlay]) if placed.complaint.rule == rule]


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        pytest.param(rule, case, id=f"{rule}-{number}")
        for rule, cases in CASES.items()
        for number, case in enumerate(cases)
    ],
)
def test_a_rule_finds_its_fault_and_passes_over_what_is_near(
    rule: str, case: dict[str, str], tmp_path: Path
) -> None:
    text = DOCUMENTS[case.get("in", "shop.yaml")]
    find = partial(lint_overlay, tmp_path) if case.get("in") == "overlay" else lint
    found = find(edited(text, case["old"], case["bad"]), rule)
    assert found
    assert {placed.complaint.level for placed in found} == {RULES_BY_ID[rule].level}
    assert all(placed.complaint.message and placed.complaint.edit for placed in found)
    assert find(edited(text, case["old"], case["near"]), rule) == []


def test_each_rule_has_a_case_and_a_sentence() -> None:
    assert list(CASES) == [rule.id for rule in RULES]
    assert len(RULES_BY_ID) == len(RULES)
    assert all(rule.description.endswith(".") for rule in RULES)


@pytest.mark.parametrize(
    "text",
    [*GOOD.values(), PARCELS, default_contract_path().read_text(encoding="utf-8")],
    ids=[*GOOD, "whole parcels.yaml", "the shipped contract"],
)
def test_a_good_document_has_no_complaint(text: str) -> None:
    assert lint_text("it.yaml", text) == ()


def test_a_good_overlay_has_no_complaint(tmp_path: Path) -> None:
    for rule in RULES:
        assert lint_overlay(tmp_path, DOCUMENTS["overlay"], rule.id) == []


def test_every_complaint_of_loading_has_a_rule_of_its_level() -> None:
    (folder,) = openapi.loading.__path__
    named = {
        found
        for path in sorted(Path(folder).glob("*.py"))
        for found in stated_rules(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert len(named) > 8
    for level, rule in named:
        assert rule in RULES_BY_ID, rule
        assert RULES_BY_ID[rule].level == level, rule


def stated_rules(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield level and rule of each complaint in the code of a module."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        words = [one.value if isinstance(one, ast.Constant) else None for one in node.args[:2]]
        if name == "Complaint" and isinstance(words[1], str):
            yield str(words[0]), words[1]
        elif name in ("_Fault", "_complain") and isinstance(words[0], str):
            yield "error", words[0]


def test_the_table_of_fixed_fields_has_every_field_with_objects() -> None:
    for kind, fields in FIELDS.items():
        known = SCHEMA_KEYWORDS["3.1"] if kind == "schema" else FIXED_FIELDS[kind]
        assert set(fields) <= set(known), kind
    assert set(FIXED_FIELDS) == set(FIELDS) - {"schema"}


def test_a_complaint_has_the_place_of_the_fault_in_the_text() -> None:
    text = edited(SHOP, "examples: [cup]", "examples: [cup, CUP]")
    (placed,) = lint(text, "invalid-example")
    line = text.splitlines()[placed.line - 1]
    assert line[placed.column - 1 :].startswith("CUP]")
    assert placed.complaint.pointer == "/components/schemas/Item/properties/name/examples/1"
    as_json = json.dumps(yaml.safe_load(text), indent=1)
    (placed,) = (p for p in lint_text("it.json", as_json) if p.complaint.rule == "invalid-example")
    line = as_json.splitlines()[placed.line - 1]
    assert line[placed.column - 1 :] == '"CUP"'


def test_a_complaint_about_another_file_has_its_place_there(tmp_path: Path) -> None:
    text = SHOP.replace("#/components/schemas/Item", "parts/item.yaml")
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "parts").mkdir()
    part = "type: object\nproperties:\n  id: {$ref: id.yaml}\n  name: {maxLenght: 3}\n"
    (tmp_path / "parts" / "item.yaml").write_text(part, encoding="utf-8")
    (tmp_path / "parts" / "id.yaml").write_text("{minimum: one, example: a, type: integer}")
    found = lint_file(tmp_path / "shop.yaml")
    assert [(p.complaint.rule, p.complaint.file, p.line, p.column) for p in found] == [
        ("schema-keyword", "parts/id.yaml", 1, 11),
        ("unknown-keyword", "parts/item.yaml", 4, 21),
        ("invalid-example", "parts/id.yaml", 1, 25),
    ]


def test_an_alias_is_one_fault() -> None:
    text = edited(SHOP, "{type: integer, readOnly: true}", "&id {type: integer, maximun: 1}")
    text = edited(text, "made: {type: string, format: date}", "made: *id")
    assert len(lint(text, "unknown-keyword")) == 1


def test_a_guess_names_the_key_that_was_meant() -> None:
    for bad, guess in (
        ("readonly: true", "write 'readOnly'"),
        ("minimun: 1", "write 'minimum'"),
    ):
        (placed,) = lint(edited(SHOP, "readOnly: true", bad), "unknown-keyword")
        assert placed.complaint.edit == guess
    text = edited(SHOP, "operationId: readItem", "operationID: readItem")
    (placed,) = lint(text, "unknown-key")
    assert "did you mean 'operationId'?" in placed.complaint.message


def test_a_schema_of_another_dialect_has_other_keywords() -> None:
    text = edited(SHOP, "maxLength: 20", "maxLenght: 20")
    dialect = "openapi: 3.1.0\njsonSchemaDialect: %s\n"
    for url, number in (
        ("https://example.com/dialect", 0),
        ("https://spec.openapis.org/oas/3.1/dialect/base", 1),
    ):
        other = edited(text, "openapi: 3.1.0\n", dialect % url)
        assert len(lint(other, "unknown-keyword")) == number


def one_of_two(example: object, keyword: str = "oneOf") -> list[PlacedComplaint]:
    cup = {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {},
        "components": {
            "schemas": {
                "Any": {keyword: [cup, {"type": "string"}], "nullable": True, "example": example}
            }
        },
    }
    return [*lint_text("it.json", json.dumps(document))]


def test_the_nearest_branch_explains_an_invalid_example() -> None:
    (placed,) = one_of_two({"size": "big"})
    assert placed.complaint.pointer == "/components/schemas/Any/example/size"
    assert '"big" is string, not integer' in placed.complaint.message
    assert "(nearest schema of /components/schemas/Any)" in placed.complaint.message
    (placed,) = one_of_two([1])
    assert placed.complaint.pointer == "/components/schemas/Any/example"
    for good in (None, "text", {"size": 1}):
        assert one_of_two(good) == []


def test_what_lies_within_an_extension_or_example_is_no_schema() -> None:
    inner: Any = (
        "x-internal: {$ref: nowhere, maxLenght: 1}\n      example: {id: 1, name: a, typ: b}"
    )
    assert lint_text("it.yaml", edited(SHOP, "x-internal: true", inner)) == ()
