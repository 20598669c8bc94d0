"""Reference of an API in the documentation: tables generated from its OpenAPI document.

`PYTHONPATH=tests/shared python -m support.api_reference` writes them into the pages.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
_METHODS = ("get", "put", "post", "delete", "patch")
_END = "<!-- end of the reference -->"


@dataclass(frozen=True)
class Reference:
    """Document of an API, and the page that has its tables between two comments."""

    document: str
    page: str

    @property
    def begin(self) -> str:
        """Comment before the tables."""
        return f"<!-- reference of {self.document} -->"

    def updated_page(self, root: Path = ROOT) -> str:
        """Return the text of the page with tables of the present document.

        Raise `ValueError` if the page lacks one of the comments.
        """
        document = yaml.safe_load((root / self.document).read_text(encoding="utf-8"))
        text = (root / self.page).read_text(encoding="utf-8")
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(_END)
        if not (begin and end):
            raise ValueError(f"{self.page} needs the lines {self.begin} and {_END}")
        return f"{before}{begin}\n\n{reference_tables(document)}\n{end}{after}"


REFERENCES = (
    Reference("mock_server/admin/openapi.yaml", "docs/mock.md"),
    Reference("webhook_sink/api/openapi.yaml", "docs/sink-api.md"),
)


def reference_tables(document: Mapping[str, Any]) -> str:
    """Return two tables in Markdown: the operations, and the meaning of their parameters."""
    operations: list[tuple[str, ...]] = [("endpoint", "what it does", "parameters", "statuses")]
    meanings: list[tuple[str, ...]] = [("parameter", "in", "values", "meaning")]
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            operation = item[method]
            rows = [*_parameters(document, [*item.get("parameters", ()), *_stated(operation)])]
            rows += _body_properties(document, operation)
            meanings += [row for row in rows if row not in meanings]
            names = ", ".join(name for name, *_ in rows)
            told = operation.get("description", operation["summary"])
            statuses = ", ".join(map(str, operation["responses"]))
            operations.append((f"`{method.upper()} {path}`", told, names, statuses))
    return f"{_table(operations)}\n{_table(meanings)}"


def _stated(operation: Mapping[str, Any]) -> list[Any]:
    stated: list[Any] = operation.get("parameters", [])
    return stated


def _parameters(document: Mapping[str, Any], stated: list[Any]) -> Iterator[tuple[str, ...]]:
    for one in stated:
        parameter = _resolved(document, one)
        schema = _resolved(document, parameter["schema"])
        yield (
            f"`{parameter['name']}`",
            parameter["in"],
            _values(schema),
            parameter.get("description", ""),
        )


def _body_properties(
    document: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterator[tuple[str, ...]]:
    body = _resolved(document, operation.get("requestBody", {}))
    for content in body.get("content", {}).values():
        for name, stated in _resolved(document, content["schema"]).get("properties", {}).items():
            schema = _resolved(document, stated)
            yield f"`{name}`", "body", _values(schema), schema.get("description", "")


def _values(schema: Mapping[str, Any]) -> str:
    """Return the allowed values of `schema` and its default in words."""
    if "enum" in schema:
        words = ", ".join(f"`{value}`" for value in schema["enum"])
    else:
        stated = schema.get("type", "any")
        words = " or ".join([stated] if isinstance(stated, str) else stated)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        if low is not None:
            words += f" {'above' if 'exclusiveMinimum' in schema else 'from'} {low}"
        if "maximum" in schema:
            words += f" to {schema['maximum']}"
        if "maxLength" in schema:
            words += f" of up to {schema['maxLength']} characters"
    return f"{words}; default `{schema['default']}`" if "default" in schema else words


def _resolved(document: Mapping[str, Any], stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that a reference within the document leads to, with its siblings."""
    if "$ref" not in stated:
        return stated
    found: Any = document
    for name in stated["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return {**_resolved(document, found), **{k: v for k, v in stated.items() if k != "$ref"}}


def _table(rows: list[tuple[str, ...]]) -> str:
    head, *others = [[" ".join(cell.split()).replace("|", r"\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *others]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    for each in REFERENCES:
        (ROOT / each.page).write_text(each.updated_page(), encoding="utf-8")
