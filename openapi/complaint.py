"""Complaint about a place of a document, and the error that ends loading."""

from collections import Counter
from collections.abc import Iterable
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
    disables: Literal["operation", "webhook", "constraint", "link", "overlay action", ""] = ""
    """Part of the contract or of an overlay that an error leaves out."""
    file: str = ""
    """Path of a referenced file, relative to the document's folder; empty: the document."""
    overlay: int = 0
    """Number of the overlay, from 1, if the place is in the overlay itself; 0: in the contract."""


def summarize_errors(complaints: Iterable[Complaint]) -> str:
    """Return the number of errors and of what they leave out; empty without errors.

    Such as `3 errors leave out 1 operation and 2 constraints`.
    """
    errors = [one for one in complaints if one.level == "error"]
    if not errors:
        return ""
    number = len({(o.rule, o.overlay, o.file, o.pointer, o.message) for o in errors})
    found = Counter(one.disables for one in errors)
    parts = [
        f"{found[name]} {name}{'' if found[name] == 1 else 's'}"
        for name in ("operation", "webhook", "constraint", "link", "overlay action")
        if found[name]
    ]
    count = "1 error" if number == 1 else f"{number} errors"
    if not parts:
        return count
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if parts[1:] else parts[0]
    return f"{count} {'leaves' if number == 1 else 'leave'} out {listed}"
