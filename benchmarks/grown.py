"""Contracts of many operations: copies of the tests' second contract in one document."""

import re
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parents[1] / "tests" / "data" / "parcels.yaml"
OPERATIONS_OF_A_COPY = 5
_SHARED = {"Tariff", "Addressee", "Trouble"}
"""Schemas that all copies refer to."""


def write_contract(file: Path, operations: int) -> None:
    """Write a contract of `operations` operations, a multiple of five, to `file`."""
    if operations % OPERATIONS_OF_A_COPY:
        raise SystemExit(f"{operations} operations: must be a multiple of {OPERATIONS_OF_A_COPY}")
    text = SOURCE.read_text(encoding="utf-8")
    whole: dict[str, Any] = yaml.safe_load(text)
    for number in range(1, operations // OPERATIONS_OF_A_COPY):
        copy = yaml.safe_load(_with_suffix(text, number))
        whole["paths"] |= copy["paths"]
        whole["webhooks"] |= copy["webhooks"]
        whole["components"]["schemas"] |= copy["components"]["schemas"]
    file.write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")


def _with_suffix(text: str, number: int) -> str:
    """Return the contract with `number` after each path, operation, event and schema name."""
    text = re.sub(r"/v1/parcels\b", rf"/v1/parcels{number}", text)
    operations = re.findall(r"operationId: (\w+)$", text, re.MULTILINE)
    text = re.sub(rf"\b({'|'.join(operations)})\b", rf"\g<1>{number}", text)
    text = re.sub(r"\bparcel\.(booked|recalled|amended)\b", rf"parcel.\g<1>{number}", text)
    names = set(re.findall(r"#/components/schemas/(\w+)", text)) - _SHARED
    text = re.sub(rf"(#/components/schemas/)({'|'.join(names)})\b", rf"\g<1>\g<2>{number}", text)
    return re.sub(rf"^    ({'|'.join(names)}):$", rf"    \g<1>{number}:", text, flags=re.MULTILINE)
