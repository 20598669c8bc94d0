"""Files of documents: from a path or a text to a source, as JSON where it is JSON, else as YAML."""

import json
from pathlib import Path

from openapi.complaint import ContractError
from openapi.parsing.document_source import DocumentSource
from openapi.parsing.json_source import read_json
from openapi.parsing.yaml_source import read_yaml


def read_file(path: Path, name: str) -> DocumentSource:
    """Read the file at `path` with positions, whose messages call it `name`.

    Raise `ContractError` if it is neither JSON nor YAML; do not check what it says.
    """
    try:
        # read_text would change the line ends.
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}") from None
    return read_document(name, text, path)


def read_document(name: str, text: str, path: Path | None = None) -> DocumentSource:
    """Parse `text`, of the file `path` if it has one; raise `ContractError`."""
    if text.lstrip()[:1] == "{":
        try:
            return read_json(name, text, path)
        except json.JSONDecodeError as error:
            if name.lower().endswith(".json"):
                where = f"{name}:{error.lineno}:{error.colno}" if error.doc else name
                raise ContractError(f"{where}: not JSON: {error.msg}") from None
    return read_yaml(name, text, path)
