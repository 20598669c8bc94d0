"""Draft of an overlay: one list of actions and of TODOs, composed from all guesses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openapi.contract import Contract
from openapi.drafting.echoes import Echo, guess_echoes
from openapi.drafting.event_names import guess_event_place
from openapi.drafting.fields import FieldReader
from openapi.drafting.operations import guess_operation
from openapi.drafting.secret_fields import guess_secrets
from openapi.drafting.signatures import SignatureHeader, find_signature_header
from openapi.json_pointer import get_at, join_pointer
from openapi.loading.structure import METHODS
from openapi.resources.derivation import find_doubts

TRIGGER = "x-hookproof-trigger"


@dataclass(frozen=True, slots=True)
class DraftAction:
    """Action of a draft."""

    target: str
    """Pointer of what it updates."""
    update: Mapping[str, Any]
    todos: tuple[str, ...] = ()
    """Sentences about what it lacks."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Draft of an overlay."""

    actions: tuple[DraftAction, ...]
    todos: tuple[str, ...]
    """Sentences about what no action is for."""

    @property
    def todo_count(self) -> int:
        """Number of sentences."""
        return len(self.todos) + sum(len(action.todos) for action in self.actions)

    @property
    def trigger_count(self) -> int:
        """Number of webhooks with a trigger."""
        return sum(TRIGGER in action.update for action in self.actions)


@dataclass(frozen=True, slots=True)
class _Webhook:
    """Webhook without a trigger."""

    name: str
    pointer: str
    """Pointer of its operation object."""
    schema: str | None
    """Pointer of the payload's schema."""


def draft_overlay(contract: Contract) -> Draft:
    """Return what an overlay of `contract` adds."""
    reader = FieldReader(contract.document)
    found = [*_webhooks(contract)]
    webhooks = [webhook for webhook in found if webhook.pointer.startswith("/webhooks/")]
    actions: list[DraftAction] = []
    left: dict[str, list[str]] = {}
    """Names of the webhooks without a trigger, by the reason."""
    for webhook in found:
        action, reason = _trigger(contract, reader, webhook)
        actions += [action] if action else []
        if reason:
            left.setdefault(reason, []).append(webhook.name)
    todos = [f"{', '.join(names)}: {reason}" for reason, names in left.items()]
    targets = {action.target for action in actions}
    if triggered := [webhook.name for webhook in webhooks if webhook.pointer in targets]:
        todos.append(f"{_listed(triggered)}: state delivery: exactly-once or at-least-once")
    named, unnamed = _event_names(contract, reader, webhooks)
    actions += named
    todos += unnamed
    signed, unsigned = _signatures(contract, webhooks)
    actions += signed
    todos += unsigned
    payloads = [webhook.schema for webhook in webhooks if webhook.schema]
    secrets, doubtful = guess_secrets(contract, reader, payloads)
    actions += [DraftAction(schema, {"x-hookproof-secret": True}) for schema in secrets]
    if doubtful:
        names = ", ".join(doubtful)
        todos.append(
            f"{names}: several responses or payloads have it; add x-hookproof-secret if it is a "
            "secret that only one may have"
        )
    todos += [f"{doubt.message}: {doubt.edit}" for doubt in find_doubts(contract)]
    return Draft(tuple(_joined(actions)), tuple(todos))


def _webhooks(contract: Contract) -> Iterator[_Webhook]:
    """Yield the webhooks that state no trigger."""
    for name in contract.document.get("webhooks", {}):
        item = contract.resolve(join_pointer("", "webhooks", name))
        found = get_at(contract.document, item)
        method = next((m for m in ("post", *METHODS) if _is_object(found, m)), None)
        if method is None:
            continue
        pointer = join_pointer(item, method)
        if TRIGGER not in contract.at(pointer):
            body = contract.resolve(join_pointer(pointer, "requestBody"))
            content = get_at(contract.document, join_pointer(body, "content"))
            names = [*content] if isinstance(content, dict) else []
            schema = join_pointer(body, "content", names[0], "schema") if names else None
            yield _Webhook(name, pointer, schema)


def _is_object(holder: Any, key: str) -> bool:
    return isinstance(holder, dict) and isinstance(holder.get(key), dict)


def _trigger(
    contract: Contract, reader: FieldReader, webhook: _Webhook
) -> tuple[DraftAction | None, str]:
    """Return the action with the trigger of a webhook, or the reason why there is none."""
    if not webhook.pointer.startswith("/webhooks/"):
        return None, "it is a reference; a trigger is read only in `webhooks` itself"
    if webhook.schema is None:
        return None, "it has no request body; describe its payload"
    guess = guess_operation(contract, webhook.name)
    if guess.operation is None:
        return None, f"{guess.reason}; add {TRIGGER} with the one that fires it"
    echoes = guess_echoes(reader, guess.operation, webhook.schema)
    trigger: dict[str, Any] = {"operation": guess.operation.id}
    if echoes:
        trigger["echoes"] = [*map(_echo_data, echoes)]
    todos: tuple[str, ...] = ()
    if not any(echo.is_identity for echo in echoes):
        todos = ("add an echo that identifies the request, such as an id of the response",)
    return DraftAction(webhook.pointer, {TRIGGER: trigger}, todos), ""


def _echo_data(echo: Echo) -> dict[str, Any]:
    data = {"from": echo.source, "to": echo.to}
    if echo.source.startswith("$request.path."):  # the loader finds one of the response by its name
        data["correlator"] = "identity"
    return data


def _event_names(
    contract: Contract, reader: FieldReader, webhooks: Sequence[_Webhook]
) -> tuple[list[DraftAction], list[str]]:
    """Return the actions for event names, and a sentence about webhooks whose names are unknown.

    A contract with one webhook needs no name.
    """
    places = {
        webhook: guess_event_place(reader, webhook.name, webhook.schema)
        for webhook in webhooks
        if webhook.schema is not None and len(contract.document["webhooks"]) > 1
    }
    actions = [
        DraftAction(webhook.pointer, {"x-hookproof-event": {"name": place[0]}})
        for webhook, place in places.items()
        if place is not None and place[1]
    ]
    unknown: dict[str, list[str]] = {}
    for webhook, place in places.items():
        if place is not None and not place[1]:
            unknown.setdefault(place[0], []).append(webhook.name)
    todos = [
        f"{_listed(names)}: state the value of {pointer} (x-hookproof-event: {{name, value}})"
        for pointer, names in unknown.items()
        if len(names) > 1
    ]
    return actions, todos


def _signatures(
    contract: Contract, webhooks: Sequence[_Webhook]
) -> tuple[list[DraftAction], list[str]]:
    """Return the actions for signature schemes, and sentences about webhooks without one."""
    headers = {one.name: find_signature_header(contract.document, one.pointer) for one in webhooks}
    found = {one.name: header for one in webhooks if (header := headers[one.name]) is not None}
    actions = [
        action
        for webhook in webhooks
        if (header := found.get(webhook.name)) and header.signature is not None
        for action in _signature_actions(contract, webhook, header)
    ]
    todos = [
        f"{name}: state how {header.name} is computed (x-hookproof-signature); {header.reason}"
        for name, header in found.items()
        if header.signature is None
    ]
    others = [one for one in webhooks if one.name not in found]
    silent = [one.name for one in others if not _is_signed(contract, one)]
    if silent:
        scheme = "a security scheme with x-hookproof-signature"
        todos.append(f"{_listed(silent)}: if deliveries are signed, add {scheme}")
    return actions, todos


def _signature_actions(
    contract: Contract, webhook: _Webhook, header: SignatureHeader
) -> Iterator[DraftAction]:
    schemes = "/components/securitySchemes"
    if header.scheme:
        place = contract.resolve(join_pointer(schemes, header.scheme))
        yield DraftAction(place, {"x-hookproof-signature": dict(header.signature or {})})
        return
    name = "".join(part.capitalize() for part in header.name.split("-"))
    scheme: dict[str, Any] = {"type": "apiKey", "in": "header", "name": header.name}
    scheme["x-hookproof-signature"] = dict(header.signature or {})
    yield DraftAction("", {"components": {"securitySchemes": {name: scheme}}})
    yield DraftAction(webhook.pointer, {"security": [{name: []}]})


def _is_signed(contract: Contract, webhook: _Webhook) -> bool:
    """Return whether a security scheme of the webhook states a signature already."""
    stated = get_at(contract.document, join_pointer(webhook.pointer, "security"))
    names = [name for one in (stated if isinstance(stated, list) else ()) for name in one]
    schemes = contract.document.get("components", {}).get("securitySchemes", {})
    return any("x-hookproof-signature" in schemes.get(name, {}) for name in names)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")


def _joined(actions: Sequence[DraftAction]) -> Iterator[DraftAction]:
    """Yield the actions without repetitions, those with one target as one action."""
    by_target: dict[str, DraftAction] = {}
    for action in actions:
        known = by_target.get(action.target, DraftAction(action.target, {}))
        update = _merged(known.update, action.update)
        todos = (*known.todos, *action.todos)
        by_target[action.target] = DraftAction(action.target, update, todos)
    yield from by_target.values()


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in one if _is_object(one, key) and _is_object(other, key)}
    return {**one, **other, **{key: _merged(one[key], other[key]) for key in both}}
