"""OpenAPI document of the admin API, which is written by hand beside this module."""

from pathlib import Path
from typing import Any

from openapi.parsing.document_file import read_file


def api_document(*, has_control_token: bool) -> dict[str, Any]:
    """Return the document; without a control token no endpoint requires a credential."""
    path = Path(__file__).with_name("openapi.yaml")
    document = read_file(path, path.name).data
    assert isinstance(document, dict), "the document is an object"
    if not has_control_token:
        del document["security"]
    return document
