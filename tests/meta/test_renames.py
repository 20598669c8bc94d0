"""Renames: docs/renames.md is enough to convert old contracts and scripts."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from support.command_line import contexts, option_names

from contracts.checks import CHECKS
from mock_server.faults.registry import faults
from openapi.loading.loader import default_contract_path, load_contract, parse_contract
from openapi.parsing.yaml_source import read_yaml

TESTS = Path(__file__).resolve().parents[1]
OLD = TESTS / "data" / "renames"
INVENTORY: dict[str, list[str]] = json.loads((OLD / "before.json").read_text(encoding="utf-8"))
"""Old names: options, keys of contract and report, checks, faults of the shipped contract, and
faults of the parcels contract with a pattern that the shipped one lacks."""
CONTRACTS = {"personal-access-tokens.yaml": default_contract_path()}
CONTRACTS |= {"parcels.yaml": TESTS / "data" / "parcels.yaml"}
Tables = Mapping[str, Mapping[str, str]]


def read_tables() -> Tables:
    page = (TESTS.parent / "docs" / "renames.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (.*)\n", page, flags=re.MULTILINE)[1:]
    row = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
    return {
        title: dict(row.findall(text))
        for title, text in zip(sections[::2], sections[1::2], strict=True)
    }


TABLES = read_tables()


# Current names


def options() -> Iterator[str]:
    for name, context in contexts().items():
        yield from (f"{name} {option}".strip() for option in option_names(context))


def below(schema: Any, root: Any, path: str, separator: str) -> Iterator[tuple[str, Any]]:
    """Yield path and schema of everything below `schema`, except inside JSON Schemas."""
    while "$ref" in schema:
        if schema["$ref"] == "#/$defs/schema":
            yield path, {}
            return
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for keyword in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(keyword, ()):
            yield from below(part, root, path, separator)
    yield path, schema
    named = {**schema.get("properties", {}), "NAME": schema.get("additionalProperties")}
    inner = {f"{path}{separator if path else ''}{name}": value for name, value in named.items()}
    inner |= {f"{path}[]": schema.get("items")}
    for place, value in inner.items():
        if isinstance(value, dict):
            yield from below(value, root, place, separator)
        elif value is True:
            yield place, {}


def extensions(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((k, v) for k, v in value.items() if k.startswith("x-") and isinstance(v, dict))
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from extensions(item)


def names_now() -> dict[str, set[str]]:
    contract_schema = json.loads((files("openapi") / "contract.schema.json").read_bytes())
    report_schema = json.loads((files("hookproof.reports") / "report.schema.json").read_bytes())
    known = dict(extensions(contract_schema))
    keys = [p for n, s in known.items() for p in below(s, contract_schema, n, "/")]
    return {
        "options": set(options()),
        "extensions": set(known),
        "extension keys": {path for path, _ in keys},
        "extension values": {
            f"{path}: {value}"
            for path, schema in keys
            for value in (*schema.get("enum", ()), schema.get("const"))
        },
        "report keys": {path for path, _ in below(report_schema, report_schema, "", ".")},
        "checks": set(CHECKS),
        "faults": {name for path in CONTRACTS.values() for name in faults(load_contract(path))},
    }


NOW = names_now()


# Conversion of old names by the tables


def renamed_path(path: str, table: Mapping[str, str]) -> str:
    """Return the new path; a part without a row keeps its name."""
    if path in table:
        return table[path]
    if path.endswith("[]"):
        return f"{renamed_path(path.removesuffix('[]'), table)}[]"
    above = re.match(r".*(?=[/.])", path)
    return f"{renamed_path(above[0], table)}{path[above.end() :]}" if above else path


def renamed_fault(name: str, tables: Tables) -> str:
    """Return the new name of a fault, by its row, unchanged, or by a pattern."""
    if name in tables["Faults"] or name in NOW["faults"]:
        return tables["Faults"].get(name, name)
    for old, new in tables["Derived faults"].items():
        if found := re.fullmatch(re.sub("[A-Z]+", r"(?P<\g<0>>.+)", old), name):
            made = re.sub("[A-Z]+", r"{\g<0>}", new).format(**found.groupdict())
            if made in NOW["faults"]:
                return made
    return name


def renamed(area: str, name: str, tables: Tables) -> str:
    match area:
        case "options":
            return tables["Options"].get(name, name)
        case "checks":
            return tables["Checks"].get(name, name)
        case "faults":
            return renamed_fault(name, tables)
        case "report keys":
            return renamed_path(name, tables["Report keys"])
    paths = {**tables["Extensions"], **tables["Extension keys"]}
    path, colon, value = name.partition(": ")
    return tables["Extension values"].get(name, f"{renamed_path(path, paths)}{colon}{value}")


def complaints(tables: Tables) -> Iterator[str]:
    """Yield old names without a current name, and rows without an old or current name."""
    for area, names in INVENTORY.items():
        for name in names:
            if renamed(area, name, tables) not in NOW[area]:
                yield f"{area}: there is no {name} and no row for it"
        for old, new in tables.get(area.capitalize(), {}).items():
            if (old not in names or new not in NOW[area]) and "{" not in old:
                yield f"{area}: {old} -> {new} is about nothing"
    for old, new in tables["Derived faults"].items():
        for pattern, known in ((old, INVENTORY["faults"]), (new, NOW["faults"])):
            if not any(re.fullmatch(re.sub("[A-Z]+", ".+", pattern), name) for name in known):
                yield f"derived faults: there is no {pattern}"


def converted(value: Any, tables: Tables, path: str = "") -> Any:
    """Convert an old contract, or the value at `path` below one of its extensions."""
    extensions, keys = tables["Extensions"], tables["Extension keys"]
    values = {**tables["Extension values"], **tables[REJECTION_NAMES]}
    if isinstance(value, list):
        return [converted(item, tables, f"{path}[]") for item in value]
    if isinstance(value, dict):
        made = {}
        for key, item in value.items():
            place = key if key in extensions else f"{path}/{key}" if path else ""
            new = keys[place].rpartition("/")[2] if place in keys else extensions.get(key, key)
            made[new] = converted(item, tables, place)
        return made
    if isinstance(value, str):
        if f"{path}: {value}" in values:
            return values[f"{path}: {value}"].partition(": ")[2]
        for old, new in values.items():
            place, _, part = old.partition(": ")
            if place == path and part.startswith("{"):
                value = value.replace(part, new.partition(": ")[2])
    return value


REJECTION_NAMES = "Allowed rejections of the contract that ships"
BEFORE = {
    name: read_yaml(name, (OLD / name).read_text(encoding="utf-8")).data for name in CONTRACTS
}
AFTER: dict[str, Any] = {
    name: read_yaml(name, path.read_text(encoding="utf-8")).data for name, path in CONTRACTS.items()
}


SOURCES = {source for document in AFTER.values() for source in document["x-hookproof-sources"]}


ADDED = ("same-for-caller",)
"""Extension keys that the shipped contract got after the renaming."""


def without_prose(value: Any) -> Any:
    """Return a document without titles, descriptions, reasons of sources and added keys."""
    if isinstance(value, dict):
        prose = ("title", "summary", "description")
        kept = {k: v for k, v in value.items() if not (k in prose and isinstance(v, str))}
        kept = {k: v for k, v in kept.items() if k not in ADDED}
        return {key: without_prose(item) for key, item in kept.items()}
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    source = value.partition(": ")[0] if isinstance(value, str) else None
    return source if source in SOURCES else value


def test_every_old_name_has_a_current_name() -> None:
    assert list(complaints(TABLES)) == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_old_contract_converts_to_the_current_one(name: str) -> None:
    document = converted(BEFORE[name], TABLES)
    contract = parse_contract(name, json.dumps(document, ensure_ascii=False))
    assert contract.document == document
    assert without_prose(document) == without_prose(AFTER[name])


@pytest.mark.parametrize(
    "title",
    [
        "Options",
        "Extensions",
        "Extension keys",
        "Extension values",
        REJECTION_NAMES,
        "Report keys",
        "Checks",
        "Faults",
        "Derived faults",
    ],
)
def test_every_row_is_necessary(title: str) -> None:
    assert TABLES[title]
    for old in TABLES[title]:
        rest = {name: row for name, row in TABLES[title].items() if name != old}
        tables = {**TABLES, title: rest}
        same = {name: converted(document, tables) for name, document in BEFORE.items()}
        kept = without_prose(same) == without_prose(AFTER)
        assert not kept or next(complaints(tables), None), old
