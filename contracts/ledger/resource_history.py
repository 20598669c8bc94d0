"""History of one sequence: what each response should show of the resources that it created. Pure.

Each write of the run changes what is expected. A response that shows a resource becomes a view: the
expected values beside those that the response has. Checks judge the views, and the run looks at the
last one to decide whether it must ask again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from contracts.echoes.properties import is_same_value
from contracts.model.case import OTHER_TENANT_PHASE
from contracts.model.correlators import MARK_PATTERN
from contracts.model.exchange import Exchange
from openapi.json_pointer import MISSING, get_at, join_pointer
from openapi.resources.model import Certainty, Resource, Role, SharedProperty, identity_text
from openapi.resources.names import letters
from openapi.schemas.formats import date_time_to_ns
from openapi.serialization.text_values import serialize_value

_GONE = (404, 410)
_ACCEPTED = 202
"""Status of a request whose effect may come at any time (RFC 9110, section 15.3.3)."""
_FIRST_SERVER_ERROR = 500
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """Value of a property that the run has sent."""

    property: SharedProperty
    value: object
    by: Exchange
    """Request that sent it."""


@dataclass(slots=True)
class KnownResource:
    """Resource that the sequence created, as the run knows it."""

    created: Exchange
    identity: str
    parent: tuple[str, ...]
    """Texts of the outer path parameters."""
    written: dict[str, WrittenValue] = field(default_factory=dict)
    """Values by their pointer in the resource."""
    shown: object = MISSING
    """Resource as the last response showed it."""
    seen_number: int = 0
    """Number of the request whose response showed it last."""
    before: object = MISSING
    """Resource as it was shown before the last write."""
    last_write: Exchange | None = None
    deleted: Exchange | None = None
    doubtful: dict[str, object] = field(default_factory=dict)
    """Values by their pointer that a response showed in place of the written ones."""
    born: dict[str, object] = field(default_factory=dict)
    """Dates by their pointer that tell when the resource was created."""
    is_uncertain: bool = False
    """Whether a write got no clear answer, so that nothing is certain."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Property that a response shows otherwise than it was written."""

    pointer: str
    expected: object
    seen: object
    """Value in the response, or `MISSING`."""
    certainty: Certainty
    kind: Literal["written", "kept", "undone", "born", "spread"]
    """`kept`: a later write did not name it; `undone`: the value from before the last write;
    `born`: a date of creation that changed; `spread`: the change of an action on another resource.
    """
    by: Exchange


@dataclass(frozen=True, slots=True)
class ResourceView:
    """Response to a request for one resource, or an item of a list."""

    exchange: Exchange
    resource: Resource
    role: Role
    identity: str
    status: int
    shown: object
    """Resource in the response, or `MISSING`."""
    differences: tuple[Difference, ...]
    shown_identity: str | None
    """Identity in the response; None if it shows none."""
    deleted: Exchange | None
    """Request that deleted the resource, or None."""
    last_write: Exchange | None
    repetitions: int = 0
    """Number of earlier requests that showed an older state."""
    delay_s: float = 0.0
    """Seconds from the first of them to this response."""

    @property
    def is_missing(self) -> bool:
        """Whether the service says that the resource does not exist."""
        return self.status in _GONE

    @property
    def has_other_identity(self) -> bool:
        """Whether the response shows another resource."""
        return self.shown_identity is not None and self.shown_identity != self.identity

    @property
    def is_up_to_date(self) -> bool:
        """Whether the response shows what was written last."""
        if self.deleted is not None:
            return self.status >= 400 or self.role == "delete"
        return not (self.is_missing or self.differences or self.has_other_identity)


def sequences(exchanges: Iterable[Exchange]) -> Iterator[Sequence[Exchange]]:
    """Yield the exchanges of each sequence, in the order of the requests."""
    found: dict[int, list[Exchange]] = {}
    for exchange in exchanges:
        if exchange.request.step is not None:
            found.setdefault(exchange.request.step.sequence, []).append(exchange)
    for number in sorted(found):
        yield sorted(found[number], key=lambda exchange: exchange.request.number)


def final_exchanges(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges without those that a later one repeats, for whatever reason."""
    repeated = {e.request.step.repeats for e in exchanges if e.request.step is not None}
    return [e for e in exchanges if e.request.number not in repeated and not is_sent_again(e)]


def is_sent_again(exchange: Exchange) -> bool:
    """Return whether the run sent the case again: after a lost connection, or a rate limit."""
    return exchange.retried or exchange.has_status_of("rate-limit-exceeded")


class ResourceHistory:
    """History of the resources of one sequence."""

    def __init__(self, resource: Resource, exchanges: Sequence[Exchange]) -> None:
        """Take all exchanges of the sequence, also those on resources that it needs first."""
        self.resource = resource
        self.known: dict[tuple[tuple[str, ...], str], KnownResource] = {}
        """Resources by the texts of their outer path parameters, and their identity."""
        self.views: list[ResourceView] = []
        self._effects: list[tuple[str, str, object, object, Exchange]] = []
        """Identity, pointer, old and new value of what each action changed."""
        self._by_number = {exchange.request.number: exchange for exchange in exchanges}
        for exchange in final_exchanges(exchanges):
            self._add(exchange)

    def _add(self, exchange: Exchange) -> None:
        role = self.resource.roles.get(exchange.request.operation.id)
        step = exchange.request.step
        if (
            role is None
            or step is None
            or step.first
            or exchange.request.phase == OTHER_TENANT_PHASE
        ):
            return
        if role == "create":
            self._create(exchange)
        elif role == "list":
            self._add_items(exchange)
        else:
            self._add_to_one(exchange, role)

    def _create(self, exchange: Exchange) -> None:
        if not exchange.has_status_of("valid-request"):
            return
        identity = identity_text(exchange.find(self.resource.identity))
        if not identity or exchange.status == _ACCEPTED:
            return
        known = KnownResource(exchange, identity, self._parent_of(exchange))
        self.known[known.parent, known.identity] = known
        self._write(known, exchange, "create")
        self._view(exchange, "create", known)

    def _parent_of(self, exchange: Exchange) -> tuple[str, ...]:
        values = (exchange.find(source) for _, source in self.resource.parameters[:-1])
        return tuple(map(identity_text, values))

    def known_for(self, exchange: Exchange) -> KnownResource | None:
        """Return the resource that the path of a request names, or None."""
        texts = [
            serialize_value(exchange.request.parameters.get(f"path.{name}", ""))
            for name, _ in self.resource.parameters
        ]
        return self.known.get((tuple(texts[:-1]), texts[-1])) if texts else None

    def _add_to_one(self, exchange: Exchange, role: Role) -> None:
        known = self.known_for(exchange)
        if known is None or known.is_uncertain:
            return
        status = exchange.status
        if status is None or status >= _FIRST_SERVER_ERROR or status == _ACCEPTED:
            known.is_uncertain = role not in ("read", "list")
            return
        if role != "read" and exchange.has_status_of("valid-request") and known.deleted is None:
            known.before = known.shown
            known.last_write = exchange
            if role == "delete":
                known.deleted = exchange
                return
            self._write(known, exchange, role)
        if status < 300 or status in _GONE:  # another status says nothing of the resource
            self._view(exchange, role, known)

    def _write(self, known: KnownResource, exchange: Exchange, role: Role) -> None:
        """Note what a successful write sends."""
        resource, operation = self.resource, exchange.request.operation
        if role == "act":
            shown = resource.shown_by(operation, self._body_of(exchange))
            for pointer, written in [*known.written.items()]:
                seen = get_at(shown, pointer)
                # An action may change any property, but hardly clears a text.
                is_lost = seen in (MISSING, None) and shown is not MISSING
                if is_lost and _is_marked(written.value):
                    shared = replace(written.property, certainty="assumed")
                    known.written[pointer] = replace(written, property=shared)
                elif not _matches(written, seen):
                    del known.written[pointer]
            if isinstance(shown, dict):
                self._note_effects(known, exchange, shown)
            return
        sent = resource.described_by(operation, exchange.request.json.value)
        values = {} if sent is MISSING else dict(self._values_in(operation.id, sent, exchange))
        if role == "replace":
            known.written, known.doubtful = values, {}
            return
        if role == "change" and not resource.is_merge_patch and isinstance(sent, dict):
            # Without JSON Merge Patch, a nested object may replace the whole one.
            tops = {pointer.split("/")[1] for pointer in values}
            known.written = {
                pointer: written
                for pointer, written in known.written.items()
                if pointer.count("/") == 1 or pointer.split("/")[1] not in tops
            }
        known.written.update(values)
        known.doubtful = {p: v for p, v in known.doubtful.items() if p not in values}

    def _note_effects(
        self, known: KnownResource, exchange: Exchange, shown: Mapping[str, object]
    ) -> None:
        """Note what an action changed, to see whether it changes other resources too."""
        for pointer, value in _scalars(shown):
            old = get_at(known.before, pointer) if isinstance(known.before, dict) else MISSING
            if old is not MISSING and old != value and date_time_to_ns(value) is None:
                self._effects.append((known.identity, pointer, old, value, exchange))

    def _spread(self, known: KnownResource, shown: Mapping[str, object]) -> Iterator[Difference]:
        """Yield the changes of an action on another resource that this one shows too."""
        if not isinstance(known.shown, dict):
            return
        for identity, pointer, old, new, action in self._effects:
            before, now = get_at(known.shown, pointer), get_at(shown, pointer)
            is_other = identity != known.identity and known.seen_number < action.request.number
            if is_other and before == old and now == new:
                yield Difference(pointer, old, now, "implied", "spread", action)

    def _values_in(
        self, operation_id: str, sent: object, exchange: Exchange
    ) -> Iterator[tuple[str, WrittenValue]]:
        for shared in self.resource.properties.get(operation_id, ()):
            value = get_at(sent, shared.request)
            if value is not MISSING:
                yield shared.resource, WrittenValue(shared, value, exchange)

    @staticmethod
    def _body_of(exchange: Exchange) -> object:
        response = exchange.response
        return MISSING if response is None or not response.body else response.json.value

    def _view(self, exchange: Exchange, role: Role, known: KnownResource) -> None:
        operation, status = exchange.request.operation, exchange.status or 0
        shown = MISSING
        if status < 300:
            shown = self.resource.shown_by(operation, self._body_of(exchange))
        self._note(exchange, role, known, shown)

    def _add_items(self, exchange: Exchange) -> None:
        listing = self.resource.listing
        status = exchange.status
        if listing is None or status is None or not exchange.has_status_of("valid-request"):
            return
        for item in listing.items_of(self._body_of(exchange)) or ():
            key = self.list_parent(exchange), listing.identity_of(item)
            known = self.known.get(key)
            if known is not None and not known.is_uncertain and known.deleted is None:
                self._note(exchange, "list", known, item)

    def list_parent(self, exchange: Exchange) -> tuple[str, ...]:
        """Return the texts of the path parameters of a list."""
        names = [name for name, _ in self.resource.parameters[:-1]]
        values = exchange.request.parameters
        return tuple(serialize_value(values.get(f"path.{name}", "")) for name in names)

    def _note(self, exchange: Exchange, role: Role, known: KnownResource, shown: object) -> None:
        own = MISSING if shown is MISSING else self.resource.identity_of(shown)
        differences: tuple[Difference, ...] = ()
        if isinstance(shown, dict) and known.deleted is None:
            differences = tuple(self._differences(known, shown, role))
            if role == "read":
                differences += tuple(self._spread(known, shown))
            if role != "list":
                _settle(known, differences)
        repetitions, delay = self._repetitions(exchange)
        self.views.append(
            ResourceView(
                exchange,
                self.resource,
                role,
                known.identity,
                exchange.status or 0,
                shown,
                differences,
                identity_text(own) or None,
                known.deleted,
                known.last_write,
                repetitions,
                delay,
            )
        )
        if isinstance(shown, dict) and role not in ("list",):
            known.shown, known.seen_number = shown, exchange.request.number

    def _repetitions(self, exchange: Exchange) -> tuple[int, float]:
        count, first = 0, exchange
        while first.request.step is not None and first.request.step.repeats:
            earlier = self._by_number.get(first.request.step.repeats)
            if earlier is None:
                break
            first, count = earlier, count + 1
        return count, exchange.ended - first.ended

    def _differences(
        self, known: KnownResource, shown: Mapping[str, object], role: Role
    ) -> Iterator[Difference]:
        count = 0
        for pointer, written in known.written.items():
            seen = get_at(shown, pointer)
            if role != "read" and seen is MISSING:
                continue  # an item or the response to a write may be a summary
            if pointer in known.doubtful and known.doubtful[pointer] == seen:
                continue  # it is reported already
            if _matches(written, seen) and not _is_kept_null(known, written, seen):
                continue
            count += 1
            is_last = known.last_write is None or written.by is known.last_write
            yield Difference(
                pointer,
                written.value,
                seen,
                written.property.certainty,
                "written" if is_last else "kept",
                written.by,
            )
        yield from self._changed_birth(known, shown)
        if role in ("read", "list") and known.last_write is not None and not count:
            yield from self._undone(known, shown)

    def _changed_birth(
        self, known: KnownResource, shown: Mapping[str, object]
    ) -> Iterator[Difference]:
        """Yield the dates of creation that are not those of the first response."""
        for name, value in shown.items():
            if not letters(name).startswith("created") or date_time_to_ns(value) is None:
                continue
            pointer = join_pointer("", name)
            first = known.born.setdefault(pointer, value)
            if pointer not in known.written and not is_same_value(first, value, is_set=False):
                known.born[pointer] = value
                yield Difference(pointer, first, value, "assumed", "born", known.created)

    def _undone(self, known: KnownResource, shown: Mapping[str, object]) -> Iterator[Difference]:
        """Yield the properties that a write showed as changed, and that have their old value again.

        A service may go on to another value, but not back to the one from before the write.
        """
        if known.last_write is None or not isinstance(known.before, dict):
            return
        operation = known.last_write.request.operation
        answered = self.resource.shown_by(operation, self._body_of(known.last_write))
        if not isinstance(answered, dict):
            return
        for pointer, value in _scalars(answered):
            old, seen = get_at(known.before, pointer), get_at(shown, pointer)
            if pointer in known.written or old is MISSING or seen is MISSING or old == value:
                continue
            if seen == old:
                yield Difference(pointer, value, seen, "implied", "undone", known.last_write)


def _settle(known: KnownResource, differences: Sequence[Difference]) -> None:
    """Note what the response shows, so that each mistake is reported once."""
    for difference in differences:
        if difference.pointer in known.written:
            known.doubtful[difference.pointer] = difference.seen


def _is_marked(value: object) -> bool:
    """Return whether a value is a text with the mark of a request."""
    return isinstance(value, str) and MARK_PATTERN.search(value) is not None


def _matches(written: WrittenValue, seen: object) -> bool:
    shared = written.property
    return is_same_value(written.value, seen, text_format=shared.format, is_set=shared.is_set)


def _is_kept_null(known: KnownResource, written: WrittenValue, seen: object) -> bool:
    """Return whether the last write sets null, and the response has the value from before it."""
    if written.value is not None or written.by is not known.last_write or seen in (MISSING, None):
        return False
    return isinstance(known.before, dict) and (
        get_at(known.before, written.property.resource) == seen
    )


def _scalars(
    value: Mapping[str, object], above: str = "", depth: int = 0
) -> Iterator[tuple[str, object]]:
    """Yield pointer and value of the scalars in an object and in the objects that it has."""
    for name, item in value.items():
        pointer = join_pointer(above, name)
        if isinstance(item, Mapping):
            if depth < _MAX_DEPTH:
                yield from _scalars(item, pointer, depth + 1)
        elif not isinstance(item, list):
            yield pointer, item
