"""Complaint about a place of a document, and the error that ends loading."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


class ContractError(Exception):
    """Document that cannot be loaded at all; the message states place, value and reason."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Complaint about one place. An error disables something there; a warning does not."""

    level: Level
    rule: str
    """Stable id of the rule, in kebab case."""
    pointer: str
    """JSON Pointer of the place, in the document or in the file `file`."""
    message: str
    """Value and rule, without the place."""
    edit: str
    """Change that mends it."""
    disables: Literal["operation", "webhook", "constraint", "link", "reference", ""] = ""
    """Part of the contract that an error leaves out."""
    file: str = ""
    """Path of a referenced file, relative to the document's folder; empty: the document."""
