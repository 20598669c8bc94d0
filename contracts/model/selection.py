"""Selection of checks and phases, and what a run leaves out. Light to import."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Literal

PHASES: Mapping[str, str] = MappingProxyType(
    {
        "saved-cases": "quick",
        "credentials": "quick",
        "parameters": "quick",
        "invalid-parameters": "quick",
        "unknown-resources": "quick",
        "undocumented-methods": "quick",
        "request-forms": "quick",
        "boundary-values": "quick",
        "type-confusion": "quick",
        "near-misses": "quick",
        "misspelled-property-names": "quick",
        "unusual-strings": "quick",
        "formats": "quick",
        "malformed-json": "quick",
        "fuzzing": "default",
        "allowed-rejections": "quick",
        "lookalike-values": "quick",
        "invalid-values": "quick",
        "form-fields": "quick",
        "media-types": "quick",
        "long-arrays": "quick",
        "invalid-encodings": "quick",
        "repeated-identical-requests": "quick",
        "issued-credentials": "quick",
        "credentials-of-other-requests": "quick",
        "duplicate-requests": "quick",
        "concurrently-issued-credentials": "quick",
        "concurrent-duplicates": "quick",
        "credentials-at-once": "default",
        "resource-sequences": "quick",
        "rate-limit": "quick",
        "retry": "quick",
    }
)
"""Each phase of a run, and the smallest profile that has cases of it."""
EXTRA_PHASE_OF: Mapping[str, str] = MappingProxyType(
    {
        "concurrently-issued-credentials": "concurrency",
        "concurrent-duplicates": "concurrency",
        "credentials-at-once": "concurrency",
        "rate-limit": "rate-limit",
        "retry": "retry",
    }
)
"""Phases that run only with an extra phase of the settings."""
GROUPS: Mapping[str, str] = MappingProxyType({"webhooks": "webhook-*"})
"""Names for several checks, each with its pattern."""
IncompleteStatus = Literal["undecided", "not exercised", "cut short"]
_PROFILE_ORDER = ("quick", "default", "thorough")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Check, phase or part of the contract that a run leaves out."""

    name: str
    kind: str
    """`check`, `phase`, `operation`, `webhook` or `callback`."""
    reason: str


@dataclass(frozen=True, slots=True)
class IncompleteOperation:
    """Operation that a run did not test as a whole."""

    id: str
    status: IncompleteStatus
    """`cut short`: the budget ended before its last case."""
    reason: str
    judged: bool
    """Whether the checks judge the requests that it got, if any."""
    hint: str = ""
    """Option that lets the run test it; empty if there is none."""

    @property
    def sentence(self) -> str:
        """Reason with the id of the operation, and the option."""
        return f"{self.id}: {self.reason}{f': {self.hint}' if self.hint else ''}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Names of checks and phases, or of groups, that the user chose; empty: all."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.only or self.skip)

    @property
    def sentence(self) -> str:
        """Return what the run is limited to: `only webhooks; without fuzzing`."""
        parts = [f"only {', '.join(self.only)}"] if self.only else []
        return "; ".join([*parts, *([f"without {', '.join(self.skip)}"] if self.skip else [])])

    def judges(self, check: str) -> bool:
        """Return whether the run applies this check."""
        only = [name for name in self.only if name not in PHASES]
        return (not only or _is_named(check, only)) and not _is_named(check, self.skip)

    def sends(self, phase: str) -> bool:
        """Return whether the run sends the cases of the phase, given by its name or title."""
        name = phase_name(phase)
        only = [stated for stated in self.only if stated in PHASES]
        return (not only or name in only) and name not in self.skip


EVERYTHING = Selection()


def phase_name(title: str) -> str:
    """Return the name of a phase: `malformed-json` for `malformed JSON`."""
    return title.lower().replace(" ", "-")


def _is_named(check: str, names: Iterable[str]) -> bool:
    return any(name == check or fnmatchcase(check, GROUPS.get(name, "")) for name in names)


def left_out(
    selection: Selection, profile: str, extra_phases: Iterable[str], checks: Iterable[str]
) -> Iterator[LeftOut]:
    """Yield what a run leaves out by its selection, its profile or without an extra phase."""
    asked = frozenset(extra_phases)
    for name in checks:
        if not selection.judges(name):
            yield LeftOut(name, "check", selection.sentence)
    for name, least in PHASES.items():
        extra = EXTRA_PHASE_OF.get(name)
        if not selection.sends(name):
            yield LeftOut(name, "phase", selection.sentence)
        elif _PROFILE_ORDER.index(profile) < _PROFILE_ORDER.index(least):
            yield LeftOut(name, "phase", f"pass --profile {least}")
        elif extra is not None and extra not in asked:
            yield LeftOut(name, "phase", f"pass --extra-phase {extra}")
