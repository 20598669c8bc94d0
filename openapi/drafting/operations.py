"""Guess of the operation that fires an event, from the words of both names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openapi.contract import Contract, Operation
from openapi.drafting.words import nouns, singular, split_words, stem
from openapi.parameters import path_parameter_names

_VERBS = {
    "create": "created create creation new added add registered opened open submitted placed",
    "update": "updated update changed change modified edited edit replaced",
    "delete": "deleted delete removed remove destroyed",
}
"""Words of event names for each kind of change."""
_KIND_OF_WORD = {word: kind for kind, words in _VERBS.items() for word in words.split()}
_METHODS = {"create": ("POST",), "update": ("PUT", "PATCH"), "delete": ("DELETE",)}
_COMMON_SEGMENT = re.compile(r"\{.*\}|v[0-9.]+|api|rest", re.IGNORECASE)
"""Segment of a path that says nothing about its resource."""
_FILLERS = frozenset(
    ["on", "event", "events", "webhook", "webhooks", "hook", "callback", "notification"]
)


@dataclass(frozen=True, slots=True)
class Guess:
    """Operation that fires an event, or the reason why none was chosen."""

    operation: Operation | None
    reason: str = ""


def guess_operation(contract: Contract, event: str) -> Guess:
    """Return the operation whose success fires `event`, the key of a webhook."""
    words = [word for word in split_words(event) if word not in _FILLERS]
    kinds = {_KIND_OF_WORD[word] for word in words if word in _KIND_OF_WORD}
    subject = set(nouns(word for word in words if word not in _KIND_OF_WORD))
    found = [
        (_unmatched(operation, subject), operation)
        for operation in contract.operations
        if not operation.is_safe
        and operation.response_caused_by("valid-request") is not None
        and _is_about(operation, subject, kinds)
    ]
    best = min((score for score, _ in found), default=None)
    chosen = [operation for score, operation in found if score == best]
    if len(chosen) == 1:
        return Guess(chosen[0])
    if chosen:
        names = ", ".join(operation.id for operation in chosen[:4])
        return Guess(None, f"several operations have a similar name ({names})")
    return Guess(None, "no operation has a similar name")


def _is_about(operation: Operation, subject: set[str], kinds: set[str]) -> bool:
    """Return whether the operation changes `subject` in the way that the event says."""
    resource = _resource(operation)
    if len(kinds) == 1:
        (kind,) = kinds
        is_member = bool(path_parameter_names(operation.path.rpartition("/")[2]))
        if operation.method not in _METHODS[kind] or (kind == "create" and is_member):
            return False
        return bool(resource) and resource[-1] in subject and subject <= _words(operation)
    if kinds or operation.method not in ("POST", "PUT", "PATCH"):
        return False
    # Another verb is that of an action, as in `order.shipped` and POST /orders/{id}/ship.
    action = _action(operation)
    verbs = {word for word in subject if action and stem(word) == stem(action)}
    rest = subject - verbs
    return len(verbs) == 1 and bool(rest) and rest <= _words(operation)


def _segments(operation: Operation) -> list[str]:
    return [part for part in operation.path.split("/") if part]


def _resource(operation: Operation) -> Sequence[str]:
    """Return the words of the collection that the path is about, in the singular."""
    named = [part for part in _segments(operation) if not part.startswith("{")]
    return nouns(split_words(named[-1])) if named else ()


def _action(operation: Operation) -> str:
    """Return the verb at the end of a path below a member; empty without one."""
    segments = _segments(operation)
    below_member = len(segments) > 1 and segments[-2].startswith("{")
    words = split_words(segments[-1]) if below_member else []
    return words[0] if len(words) == 1 else ""


def _words(operation: Operation) -> set[str]:
    """Return the words of path and id, in the singular."""
    return {singular(word) for word in (*split_words(operation.path), *split_words(operation.id))}


def _unmatched(operation: Operation, subject: Iterable[str]) -> int:
    """Return the number of words in the path that the event does not have."""
    named = [part for part in _segments(operation) if not _COMMON_SEGMENT.fullmatch(part)]
    words = {word for part in named for word in nouns(split_words(part))}
    return len(words - set(subject))
