"""Parts of the report data that every command shares: verdict, limits, contract, times. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from contracts.model.selection import Selection
from openapi.contract import Contract, Json
from openapi.operation_selection import EVERY_OPERATION, OperationSelection
from openapi.parsing.document_source import DocumentText

SCHEMA_VERSION = 4
EXIT_CONFORMS, EXIT_DEVIATES, EXIT_NOT_JUDGED = 0, 1, 2
VERDICTS = {EXIT_CONFORMS: "conforms", EXIT_DEVIATES: "deviates", EXIT_NOT_JUDGED: "not-judged"}


def partial_data(
    selection: Selection, operations: OperationSelection = EVERY_OPERATION
) -> dict[str, Json] | None:
    """Return what the user limited the run to, by option, or None."""
    if not (selection.is_partial or operations.is_partial):
        return None
    return {
        "only": list(selection.only),
        "skip": list(selection.skip),
        "operation": list(operations.only),
        "exclude-operation": list(operations.excluded),
    }


def contract_data(
    file: Path | DocumentText | None, overlays: Sequence[Path], contract: Contract | None
) -> dict[str, Json]:
    """Return the contract as data; `file` is None for the shipped one, `contract` if unknown."""
    info = contract.document["info"] if contract else {"title": "", "version": ""}
    first = file.name if file else "personal-access-tokens.yaml"
    names = [first, *(overlay.name for overlay in overlays)]
    digests = [one.digest for one in contract.files] if contract else [""] * len(names)
    files = [{"file": name, "digest": d} for name, d in zip(names, digests, strict=True)]
    return {"title": info["title"], "version": info["version"], **files[0], "overlays": files[1:]}


def format_utc(moment: float) -> str:
    """Return a time in Unix seconds as text in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
