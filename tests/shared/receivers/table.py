"""Table of the mistakes and the legal differences of the receivers, from `mistakes.yaml`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

LANGUAGES: Final = ("python", "node", "java")


@dataclass(frozen=True)
class Entry:
    """Mistake or difference of the receiver in one language."""

    language: str
    name: str
    did: str
    """One sentence: the choice of the developer."""
    rows: tuple[int, ...] = ()
    """Properties of a receiver that the mistake breaks, by their number in the file."""
    observe: bool = False
    """Whether only the count of side effects shows the mistake, not a response."""
    hole: str | None = None
    """Published hole that the mistake is an instance of."""

    def __str__(self) -> str:
        return f"{self.language}-{self.name}"


@cache
def entries(kind: str) -> tuple[Entry, ...]:
    """Return all entries of a kind, `mistakes` or `differences`, in the order of the file."""
    path = Path(__file__).with_name("mistakes.yaml")
    content: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
        path.read_text(encoding="utf-8")
    )[kind]
    return tuple(
        Entry(language, name, **{**stated, "rows": tuple(stated.get("rows", ()))})
        for language, named in content.items()
        for name, stated in named.items()
    )


def mistakes() -> tuple[Entry, ...]:
    """Return the mistakes of all languages."""
    return entries("mistakes")


def differences() -> tuple[Entry, ...]:
    """Return the legal differences of all languages."""
    return entries("differences")
