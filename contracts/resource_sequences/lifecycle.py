"""Sequences on single resources: create, read, change, replace, act, delete."""

import random
import string
from collections.abc import Iterator, Mapping, Sequence

from contracts.ledger.resource_history import KnownResource
from contracts.model.case import (
    DELETED_PHASE,
    OTHER_TENANT_PHASE,
    READ_ONLY_PHASE,
    REUSED_KEY_PHASE,
    UNKNOWN_RESOURCE_PHASE,
)
from contracts.resource_sequences import lists
from contracts.resource_sequences.bodies import BodyMaker, BodyPlan
from contracts.resource_sequences.client import ResourceClient
from openapi.contract import Contract, Operation
from openapi.parameters import Parameter, parameter_key, path_parameter_names
from openapi.requests.examples import is_sendable
from openapi.resources.derivation import idempotency_key
from openapi.resources.model import SharedProperty

_MIN_VARIED = 6
"""Letters and digits of an identity that are enough for an unused one."""


def create_and_read(client: ResourceClient, bodies: int) -> None:
    """Create resources with different bodies, and read each at once and at the end."""
    create = client.resource.create
    maker = client.maker(create)
    made: list[KnownResource] = []
    for number in range(bodies):
        known = client.create(f"create resource {number + 1}", maker.whole(number))
        if known is None and not number:
            known = client.create("create a plain resource")
        if known is None:
            continue
        made.append(known)
        client.read(known, f"read resource {number + 1}")
    for number, known in enumerate(made[:-1], 1):
        client.read(known, f"read resource {number} again")
    shown = made[0].shown if made else None
    if isinstance(shown, dict) and (plan := maker.with_read_only(bodies, shown)) is not None:
        client.send(
            create, "create with a date of the service", plan, client.parent_of(made[0]),
            phase=READ_ONLY_PHASE,
        )  # fmt: skip
    if made:
        _try_unknown(client, made[0])


def _try_unknown(client: ResourceClient, known: KnownResource) -> None:
    """Read a resource that never existed, and create and list below a parent that never did."""
    resource = client.resource
    if resource.read is not None and resource.parameter:
        key, path = parameter_key("path", resource.parameter), client.path_of(known)
        _send_unknown(client, resource.read, path, key, "read a resource that never existed")
    outer = path_parameter_names(resource.create.path)
    listing = resource.listing.operation if resource.listing else None
    for operation, verb in ((resource.create, "create"), (listing, "list")):
        # Without a documented 404, a list of an unknown parent may be empty.
        if outer and operation and operation.response_caused_by("unknown-resource") is not None:
            key = parameter_key("path", outer[-1])
            text = f"{verb} below a resource that never existed"
            _send_unknown(client, operation, client.parent_of(known), key, text)


def _send_unknown(
    client: ResourceClient,
    operation: Operation,
    path: Mapping[str, object],
    key: str,
    description: str,
) -> None:
    """Send a request with another value of the path parameter `key`, which nothing has."""
    parameter = next((p for p in operation.parameters if p.key == key), None)
    if client.session(operation) is None or parameter is None or key not in path:
        return
    for identity in _unused_identities(client.contract, parameter, str(path[key])):
        changed = {**path, key: identity}
        client.send(operation, description, None, changed, phase=UNKNOWN_RESOURCE_PHASE)


def _unused_identities(contract: Contract, parameter: Parameter, known: str) -> Iterator[str]:
    """Yield an identity of the same form as the `known` one, which no resource has."""
    choose = random.Random(known)  # noqa: S311 - no secret
    varied = [i for i, letter in enumerate(known) if letter.isalnum()]
    kept = len(known) - len(known.lstrip(string.ascii_letters + "_-"))
    changed = [i for i in varied if i >= kept] or varied
    if known.isdigit() or len(changed) < _MIN_VARIED:
        return
    # Without a prefix such as `cus_`, the rest may be hexadecimal.
    is_hexadecimal = all(known[i] in string.hexdigits for i in changed)
    for _ in range(20):
        letters = [*known]
        for index in changed[1:]:
            letters[index] = choose.choice(_alphabet(letters[index], is_hexadecimal))
        text = "".join(letters)
        if text != known and is_sendable(contract, parameter, text):
            yield text
            return


def _alphabet(letter: str, is_hexadecimal: bool) -> str:
    """Return the characters that may replace `letter` in an identity."""
    if letter.isdigit():
        return string.digits
    if is_hexadecimal:
        return "abcdef" if letter.islower() else "ABCDEF"
    return string.ascii_lowercase if letter.islower() else string.ascii_uppercase


def change_and_read(client: ResourceClient, properties: int) -> None:
    """Change one resource property by property, and see that another one stays as it was."""
    resource = client.resource
    if resource.change is None and resource.replace is None and not resource.actions:
        return
    maker = client.maker(resource.create)
    known = client.create("create the resource to change", maker.whole(1))
    known = known or client.create("create the resource to change")
    if known is None:
        return
    other = client.create(
        "create the resource to leave unchanged", maker.whole(2), client.parent_of(known)
    )
    client.read(known, "read it before the change")
    if other is not None:
        client.read(other, "read the other one before the change")
    if resource.change is not None and client.session(resource.change) is not None:
        _change(client, resource.change, known, properties)
    if other is not None:
        client.read(other, "read the resource that was left unchanged")
    if resource.replace is not None and client.session(resource.replace) is not None:
        _replace(client, resource.replace, known)
        if other is not None:
            client.read(other, "read the resource that was not replaced")
    for action in resource.actions:
        if client.session(action) is not None:
            _act(client, action, maker)


def _change(
    client: ResourceClient, operation: Operation, known: KnownResource, properties: int
) -> None:
    maker = client.maker(operation)
    for shared in _in_order(maker)[:properties]:
        current = client.value_of(known, shared.resource)
        plan = maker.change(shared, current)
        if plan is None:
            continue
        name = shared.request.lstrip("/").replace("/", ".")
        exchange = client.request(operation, known, f"change {name}", plan)
        if exchange is not None and exchange.has_status_of("valid-request"):
            client.read(known, f"read it after the change of {name}")
    several = [p for p in maker.properties if maker.unique_value(p) or not maker.is_listed(p)][:4]
    plan = maker.changes(several, [client.value_of(known, p.resource) for p in several])
    if plan is not None:
        exchange = client.request(operation, known, "change several properties at once", plan)
        if exchange is not None and exchange.has_status_of("valid-request"):
            client.read(known, "read it after the change of several properties")
    for shared in maker.properties:
        plan = maker.cleared(shared)
        if plan is None or client.value_of(known, shared.resource) is None:
            continue
        name = shared.request.lstrip("/").replace("/", ".")
        exchange = client.request(operation, known, f"set {name} to null", plan)
        if exchange is not None and exchange.has_status_of("valid-request"):
            client.read(known, f"read it after {name} was set to null")
        break
    _reject(client, operation, known, maker)


def _in_order(maker: BodyMaker) -> Sequence[SharedProperty]:
    """Return the properties, free texts first and listed values last: these may end a life."""

    def rank(shared: SharedProperty) -> int:
        return 0 if maker.unique_value(shared) else 2 if maker.is_listed(shared) else 1

    return sorted(maker.properties, key=rank)


def _reject(
    client: ResourceClient, operation: Operation, known: KnownResource, maker: BodyMaker
) -> None:
    """Send a change with one wrong and one right property: nothing of it may be stored."""
    for shared in maker.properties:
        plan = maker.change(shared, client.value_of(known, shared.resource))
        if plan is None or not isinstance(plan.body, dict):
            continue
        for other in maker.properties:
            first, second = (p.request.split("/")[1] for p in (shared, other))
            if first == second:
                continue
            broken = _broken(plan.body, maker.root, second)
            if broken is None or maker.is_valid(broken):
                continue
            exchange = client.request(
                operation, known, "change with an invalid property", BodyPlan(broken, plan.values)
            )
            if exchange is not None and exchange.status is not None and exchange.status < 500:
                client.read(known, "read it after the rejected change")
            return


def _broken(body: dict[str, object], root: str, name: str) -> dict[str, object] | None:
    if root:
        return None
    return {**body, name: {"hookproof": ["a value of another type"]}}


def _replace(client: ResourceClient, operation: Operation, known: KnownResource) -> None:
    maker = client.maker(operation)
    for number in (3, 4):
        exchange = client.request(
            operation, known, f"replace it, {number - 2}", maker.whole(number)
        )
        if exchange is None or not exchange.has_status_of("valid-request"):
            exchange = client.request(operation, known, "replace it by a plain body")
            if exchange is None or not exchange.has_status_of("valid-request"):
                return
        client.read(known, "read it after the replacement")


def _act(client: ResourceClient, action: Operation, maker: BodyMaker) -> None:
    known = client.create(f"create a resource for {action.id}", maker.whole(5))
    if known is None:
        return
    other = client.create("create another one beside it", maker.whole(6), client.parent_of(known))
    client.read(known, f"read it before {action.id}")
    if other is not None:
        client.read(other, f"read the other one before {action.id}")
    exchange = client.request(action, known, f"{action.id} of the resource")
    if exchange is not None and exchange.has_status_of("valid-request"):
        client.read(known, f"read it after {action.id}")
    if other is not None:
        client.read(other, f"read the other one after {action.id}")


def delete_and_read(client: ResourceClient) -> None:
    """Delete one of two resources: it is gone, the other one is there."""
    resource = client.resource
    if resource.delete is None or client.session(resource.delete) is None:
        return
    maker = client.maker(resource.create)
    known = client.create("create the resource to delete", maker.whole(7))
    known = known or client.create("create the resource to delete")
    if known is None:
        return
    other = client.create("create the resource to keep", maker.whole(8), client.parent_of(known))
    client.read(known, "read it before the deletion")
    exchange = client.request(resource.delete, known, "delete it")
    if exchange is None or not exchange.has_status_of("valid-request"):
        return
    client.read(known, "read it after the deletion", phase=DELETED_PHASE)
    client.request(resource.delete, known, "delete it again", phase=DELETED_PHASE)
    for operation in (resource.change, resource.replace, *resource.actions):
        if operation is not None and client.session(operation) is not None:
            plan = None
            if operation is not resource.replace and operation.id in resource.properties:
                changing = client.maker(operation)
                plans = (changing.change(shared, None) for shared in changing.properties)
                plan = next((one for one in plans if one is not None), None)
            client.request(
                operation, known, f"{operation.id} after the deletion", plan, phase=DELETED_PHASE
            )
    client.read(known, "read it once more after the deletion", phase=DELETED_PHASE)
    if other is not None:
        client.read(other, "read the resource that was not deleted")


def repeat_keys(client: ResourceClient) -> None:
    """Send requests again with the same idempotency key: the same body, then another one."""
    create = client.resource.create
    parameter = idempotency_key(client.contract, create)
    if parameter is None:
        return
    maker = client.maker(create)
    keys = _new_keys(client)
    first = client.send(
        create, "create with an idempotency key", maker.whole(9), {parameter.key: keys[0]}
    )
    if not first.has_status_of("valid-request"):
        return
    sent = first.request
    same = {
        **{key: value for key, value in sent.parameters.items() if key.startswith("path.")},
        parameter.key: keys[0],
    }
    exact, number = BodyPlan(sent.body), sent.number
    lists.list_once(client, first, "list before the repetition")
    for described, plan in (
        ("the same key and body again", exact),
        ("the same key with another body", maker.whole(10)),
    ):
        client.send(create, described, plan, same, phase=REUSED_KEY_PHASE, first=number)
    lists.list_once(client, first, "list after the repetition")
    for key in keys[1:]:
        client.send(create, "a similar new key", maker.whole(11), {**same, parameter.key: key})
    client.send(
        create, "the first key and body once more", exact, same, phase=REUSED_KEY_PHASE,
        first=number,
    )  # fmt: skip
    other = client.other_operation_with_key()
    if other is not None:
        operation, key_parameter = other
        client.send(operation, "the key of another operation", None, {key_parameter.key: keys[0]})


def _new_keys(client: ResourceClient) -> Sequence[str]:
    """Return idempotency keys of the form of a UUID that differ at their end."""
    choose = random.Random(f"{client.settings.run_id}/{client.sequence}")  # noqa: S311 - no secret
    digits = "".join(choose.choices("0123456789abcdef", k=24))
    begin = f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:]}"
    return [f"{begin}{number:06x}" for number in range(1, 4)]


def try_other_tenant(client: ResourceClient, token: str) -> None:
    """Read, list, change and delete resources with the credential of another tenant."""
    resource = client.resource
    maker = client.maker(resource.create)
    known = client.create("create a resource of this tenant", maker.whole(12))
    if known is None:
        return
    client.read(known, "read it as its tenant")
    listed = resource.listing.operation if resource.listing else None
    for operation in (resource.read, resource.change, resource.replace, *resource.actions,
                      resource.delete):  # fmt: skip
        if operation is None or client.session(operation) is None:
            continue
        credential = client.other_tenant(operation, token)
        if credential is None:
            continue
        plan = _plan_for(client, operation)
        client.send(
            operation, f"{operation.id} as another tenant", plan, client.path_of(known),
            phase=OTHER_TENANT_PHASE, credential=credential,
        )  # fmt: skip
    if listed is not None and client.session(listed) is not None:
        credential = client.other_tenant(listed, token)
        if credential is not None:
            client.send(
                listed, f"{listed.id} as another tenant", None, client.parent_of(known),
                phase=OTHER_TENANT_PHASE, credential=credential,
            )  # fmt: skip
    client.read(known, "read it after the requests of another tenant")
    _reuse_key(client, token)


def _reuse_key(client: ResourceClient, token: str) -> None:
    """Create with the idempotency key of another tenant: the key of one says nothing to others."""
    create = client.resource.create
    parameter = idempotency_key(client.contract, create)
    credential = client.other_tenant(create, token)
    if parameter is None or credential is None or client.resource.parameters[:-1]:
        return
    maker, (key, *_) = client.maker(create), _new_keys(client)
    first = client.send(create, "create with a key", maker.whole(14), {parameter.key: key})
    client.send(
        create, "the same key as another tenant", maker.whole(15), {parameter.key: key},
        phase=OTHER_TENANT_PHASE, credential=credential, first=first.request.number,
    )  # fmt: skip


def _plan_for(client: ResourceClient, operation: Operation) -> BodyPlan | None:
    """Return a valid body for `operation`, or None for its plain one."""
    if operation.id not in client.resource.properties:
        return None
    return client.maker(operation).whole(13)
